from django.urls import path

from security.history import views as history
from security.password import views as password
from security.sign_in import views as sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("signed-out/", sign_in.signed_out, name="signed-out"),
    path("confirm/", sign_in.confirm_access, name="confirm-access"),
    path("confirm/continue/", sign_in.continue_interrupted, name="continue-interrupted"),
    path("security/change-password/", password.change_password, name="change-password"),
    path("security/history/", history.history, name="security-history"),
]
