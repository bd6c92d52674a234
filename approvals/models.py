"""Django looks for an area's models in one place."""

from approvals.requests.models import ApprovalRequest, ApprovalTask, Candidate, MailChoice, RequestStep
from approvals.workflows.models import Step, Workflow, WorkflowClaim, WorkflowOperation

__all__ = [
    "ApprovalRequest",
    "ApprovalTask",
    "Candidate",
    "MailChoice",
    "RequestStep",
    "Step",
    "Workflow",
    "WorkflowClaim",
    "WorkflowOperation",
]
