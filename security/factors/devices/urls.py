from django.urls import path

from security.factors.devices import views

urlpatterns = [
    path("security/factors/devices/add/", views.add_device, name="add-device"),
    path("security/factors/devices/options/", views.registration_options, name="device-registration-options"),
    path("security/factors/devices/register/", views.register_device, name="register-device"),
    path("security/factors/devices/add/<str:device>/", views.add_device_kind, name="add-device-kind"),
]
