from django.urls import path

from myaccount.deletion import sign_in_views, views

urlpatterns = [
    path("personal-info/delete-account/", views.delete_account, name="delete-account"),
    path("account-to-be-deleted/", views.to_be_deleted, name="to-be-deleted"),
    path("sign-in/deletion/", sign_in_views.keep_or_leave, name="deletion-at-sign-in"),
    path("sign-in/deletion/keep/", sign_in_views.keep, name="keep-account"),
    path("sign-in/deletion/leave/", sign_in_views.leave, name="leave-account"),
]
