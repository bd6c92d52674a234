from django.urls import path

from sessions_app import views

urlpatterns = [
    path("session/remaining/", views.remaining, name="session-remaining"),
    path("session/extend/", views.extend, name="extend-session"),
    path("security/sessions/<uuid:uuid>/terminate/", views.terminate, name="terminate-session"),
    path("security/sessions/terminate-all/", views.terminate_all, name="terminate-all-sessions"),
    path("security/sessions/sign-out-elsewhere/", views.terminate_others, name="terminate-other-sessions"),
]
