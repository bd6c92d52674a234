from django.urls import path

from approvals.requests import request_views, views

urlpatterns = [
    path("approvals/", views.approvals, name="approvals"),
    path("approvals/mails/", views.choose_mails, name="approval-mails"),
    path("approvals/requests/", request_views.requests, name="own-requests"),
    path("approvals/requests/<uuid:uuid>/", request_views.detail, name="own-request"),
    path("approvals/requests/<uuid:uuid>/withdraw/", request_views.withdraw, name="withdraw-request"),
    path("approvals/<int:pk>/", views.task, name="approval-task"),
    path("approvals/<int:pk>/claim/", views.claim, name="claim-task"),
    path("approvals/<int:pk>/release/", views.release, name="release-task"),
    path("approvals/<int:pk>/approve/", views.approve, name="approve-task"),
    path("approvals/<int:pk>/reject/", views.reject, name="reject-task"),
]
