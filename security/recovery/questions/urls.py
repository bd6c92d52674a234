from django.urls import path

from security.recovery.questions import views

urlpatterns = [
    path("security/recovery/questions/", views.edit_all, name="edit-questions"),
    path("security/recovery/questions/<int:pk>/", views.edit_one, name="edit-question"),
    path("security/recovery/questions/remove/", views.remove, name="remove-questions"),
]
