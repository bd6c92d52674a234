from django.urls import path

from myaccount.registration import views

urlpatterns = [
    path("register/", views.register, name="register"),
    path("register/code/", views.code, name="registration-code"),
    path("register/code/resend/", views.resend, name="resend-registration-code"),
    path("register/link/", views.by_link, name="registration-by-link"),
    path("register/link/<str:token>/", views.link, name="registration-link"),
    path("register/result/", views.result, name="registration-result"),
]
