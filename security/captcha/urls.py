from django.urls import path

from security.captcha import views

urlpatterns = [
    path("captcha/", views.captcha_challenge, name="captcha-challenge"),
]
