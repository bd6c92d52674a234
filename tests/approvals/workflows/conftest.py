"""The administrators of Django admin's own tests."""

from tests.admin.conftest import ada, adas, helpdesk, helpdesks

__all__ = ["ada", "adas", "helpdesk", "helpdesks"]
