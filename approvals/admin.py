"""Django looks for an area's admin pages in one place."""

from approvals.requests import admin as requests_admin
from approvals.workflows import admin as workflows_admin

__all__ = ["requests_admin", "workflows_admin"]
