from django.urls import path

from myaccount.web import views

urlpatterns = [
    path("health", views.health, name="health"),
    path("ready", views.ready, name="ready"),
    path("myaccount/language/", views.set_language, name="set-language"),
    path("myaccount/theme.css", views.theme, name="theme"),
    path("myaccount/logo", views.logo, name="logo"),
]
