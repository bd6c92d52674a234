"""An application, and a person who has agreed to it."""

from __future__ import annotations

import pytest

from consent.consents.models import Consent
from myaccount.users.models import User
from tests.consent.support import consent_to
from tests.support.relying_party import RelyingParty, relying_party


@pytest.fixture
def pickup(db: None) -> RelyingParty:
    """Asks for the first name, which it cannot do without, and the e-mail address."""
    return relying_party()


@pytest.fixture
def consent(alice: User, pickup: RelyingParty) -> Consent:
    """Alice lets it know both."""
    return consent_to(alice, pickup.application)
