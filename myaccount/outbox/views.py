"""In development: what would have been sent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from myaccount.outbox.models import Message


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """The newest messages, as they were sent. Mounted in development only."""
    messages = Message.objects.order_by("-created_at")[:50]
    return render(request, "outbox.html", {"outbox_messages": messages})
