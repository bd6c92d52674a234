from django.urls import path

from consent.applications import views as application_views
from consent.consents import application_views as consented_views
from consent.consents import views
from consent.receipts import views as receipt_views

urlpatterns = [
    path("applications/<uuid:uuid>/favourite/", application_views.toggle_favourite, name="toggle-favourite"),
    path("applications/<uuid:uuid>/remove/", consented_views.remove_application, name="remove-application"),
    path("applications/<uuid:uuid>/logo/", application_views.logo, name="application-logo"),
    path("security/consents/system/", views.system_consent, name="system-consent"),
    path("security/consents/<uuid:uuid>/", views.consent_detail, name="consent-detail"),
    path("security/consents/<uuid:uuid>/revoke/", views.revoke, name="revoke-consent"),
    path("security/consents/<uuid:uuid>/receipts/", receipt_views.consent_receipts, name="consent-receipts"),
    path("security/receipts/<uuid:uuid>/", receipt_views.consent_receipt, name="consent-receipt"),
    path("security/receipts/<uuid:uuid>/download/", receipt_views.download_receipt, name="download-receipt"),
    path("security/receipts/<uuid:uuid>/signed/", receipt_views.signed_receipt, name="signed-receipt"),
]
