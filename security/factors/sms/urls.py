from django.urls import path

from security.factors.sms import views

urlpatterns = [
    path("security/factors/sms/", views.edit, name="edit-sms"),
    path("security/factors/sms/prove/", views.prove, name="prove-sms"),
    path("security/factors/sms/resend/", views.resend, name="resend-sms"),
    path("security/factors/sms/cancel/", views.cancel, name="cancel-sms"),
]
