from django.urls import path

from linked_accounts.local import views

_HERE = "personal-info/linked-accounts/"

urlpatterns = [
    path(f"{_HERE}add/", views.add, name="link-account"),
    path(f"{_HERE}second-step/", views.second_step_start, name="link-second-step"),
    path(f"{_HERE}second-step/sms/send/", views.send_code, name="send-link-code"),
    path(f"{_HERE}second-step/device/options/", views.options, name="link-options"),
    path(f"{_HERE}second-step/<str:authenticator>/", views.second_step_with, name="link-second-step-with"),
    path(f"{_HERE}switch-back/", views.switch_back, name="switch-back"),
    path(f"{_HERE}<int:pk>/switch/", views.switch, name="switch-account"),
    path(f"{_HERE}<int:pk>/delete/", views.delete, name="unlink-account"),
]
