from django.urls import include, path

from security.factors import views as factors
from security.history import views as history
from security.password import demand_views
from security.password import views as password
from security.sign_in import passkey_views, second_step_views
from security.sign_in import views as sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/passkey/", passkey_views.sign_in_with_passkey, name="sign-in-with-passkey"),
    path("sign-in/passkey/options/", passkey_views.passkey_options, name="passkey-options"),
    path("sign-in/second-step/", second_step_views.second_step_start, name="second-step"),
    path("sign-in/second-step/sms/send/", second_step_views.send_sign_in_code, name="send-sign-in-code"),
    path("sign-in/second-step/device/options/", second_step_views.second_step_options, name="second-step-options"),
    path("sign-in/second-step/<str:authenticator>/", second_step_views.second_step_with, name="second-step-with"),
    path("sign-in/set-up/", second_step_views.enrol, name="enrol-at-sign-in"),
    path("sign-in/new-password/", demand_views.new_password, name="new-password-at-sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("signed-out/", sign_in.signed_out, name="signed-out"),
    path("confirm/", sign_in.confirm_access, name="confirm-access"),
    path("confirm/continue/", sign_in.continue_interrupted, name="continue-interrupted"),
    path("confirm/with/sms/send/", second_step_views.send_confirmation_code, name="send-confirmation-code"),
    path("confirm/with/device/options/", second_step_views.confirm_options, name="confirm-options"),
    path("confirm/with/<str:authenticator>/", second_step_views.confirm_with, name="confirm-with"),
    path("security/change-password/", password.change_password, name="change-password"),
    path("security/change-password/edit/", password.edit_password, name="edit-password"),
    path("security/history/", history.history, name="security-history"),
    path("", include("security.captcha.urls")),
    path("", include("security.recovery.urls")),
    path("", include("security.factors.totp.urls")),
    path("", include("security.factors.sms.urls")),
    path("", include("security.factors.backup_codes.urls")),
    path("", include("security.factors.devices.urls")),
    path("security/factors/add/", factors.add, name="add-factor"),
    path("security/factors/prefer/", factors.prefer, name="prefer-factor"),
    path("security/factors/<str:authenticator>/<int:pk>/rename/", factors.rename, name="rename-factor"),
    path("security/factors/<str:authenticator>/<int:pk>/remove/", factors.remove, name="remove-factor"),
    path("security/trusted-browsers/", factors.trusted_browsers, name="trusted-browsers"),
    path("security/trusted-browsers/forget/", factors.forget_all, name="forget-browsers"),
    path("security/trusted-browsers/<uuid:uuid>/forget/", factors.forget, name="forget-browser"),
]
