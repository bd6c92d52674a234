from django.urls import path

from myaccount.pages import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("personal-info/", views.personal_info, name="personal-info"),
    path("security/", views.security, name="security"),
    path("applications/", views.applications, name="applications"),
]
