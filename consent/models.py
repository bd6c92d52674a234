"""Django looks for an area's models in one place."""

from consent.applications.models import Application, ApplicationAccess, ApplicationClaim, Favourite, PairwiseSubject
from consent.consents.models import Consent, ConsentedClaim
from consent.logout.models import LogoutDelivery
from consent.purposes.models import Controller, Purpose, PurposeCategory
from consent.receipts.models import ConsentReceipt, PurgePermit
from consent.tokens.models import AccessToken, Grant, IDToken, RefreshToken

__all__ = [
    "AccessToken",
    "Application",
    "ApplicationAccess",
    "ApplicationClaim",
    "Consent",
    "ConsentReceipt",
    "ConsentedClaim",
    "Controller",
    "Favourite",
    "Grant",
    "IDToken",
    "LogoutDelivery",
    "PairwiseSubject",
    "PurgePermit",
    "Purpose",
    "PurposeCategory",
    "RefreshToken",
]
