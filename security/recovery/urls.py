from django.urls import include, path

from security.recovery import address_views, contact_views, question_views, username_views, views, waiting_views

urlpatterns = [
    path("forgot-password/", views.forgot_password, name="forgot-password"),
    path("forgot-password/ways/", views.ways, name="recovery-ways"),
    path("forgot-password/code/", views.code, name="recovery-code"),
    path("forgot-password/code/resend/", views.resend, name="resend-recovery-code"),
    path("forgot-password/link/", views.by_link, name="recovery-by-link"),
    path("forgot-password/link/<str:token>/", views.link, name="recovery-link"),
    path("forgot-password/questions/", question_views.answer, name="recovery-questions"),
    path("forgot-password/second-step/", views.second_step_start, name="recovery-second-step"),
    path("forgot-password/second-step/lost/", waiting_views.lost_everything, name="lost-everything"),
    path("forgot-password/second-step/sms/send/", views.send_second_code, name="send-recovery-step-code"),
    path("forgot-password/second-step/device/options/", views.second_step_options, name="recovery-options"),
    path("forgot-password/second-step/<str:authenticator>/", views.second_step_with, name="recovery-second-step-with"),
    path("forgot-password/new/", views.new_password, name="recovery-password"),
    path("forgot-password/stop/<str:token>/", waiting_views.cancel_waiting, name="cancel-waiting"),
    path("forgot-username/", username_views.forgot_username, name="forgot-username"),
    path("security/recovery/contact/<str:kind>/", contact_views.edit, name="edit-recovery-contact"),
    path("security/recovery/contact/<str:kind>/prove/", contact_views.prove, name="prove-recovery-contact"),
    path("security/recovery/contact/<str:kind>/resend/", contact_views.resend, name="resend-recovery-contact"),
    path("security/recovery/address/", address_views.edit, name="edit-recovery-address"),
    path("security/recovery/address/prove/", address_views.prove, name="prove-recovery-address"),
    path("security/recovery/address/remove/", address_views.remove, name="remove-recovery-address"),
    path("", include("security.recovery.questions.urls")),
]
