from django.urls import path

from security.factors.totp import views

urlpatterns = [
    path("security/factors/authenticator-app/add/", views.add, name="add-totp"),
    path("security/factors/authenticator-app/<int:pk>/regenerate/", views.regenerate, name="regenerate-totp"),
]
