from django.urls import path

from security.factors.backup_codes import views

urlpatterns = [
    path("security/factors/backup-codes/make/", views.make, name="make-backup-codes"),
    path("security/factors/backup-codes/", views.show, name="show-backup-codes"),
    path("security/factors/backup-codes/download/", views.download, name="download-backup-codes"),
]
