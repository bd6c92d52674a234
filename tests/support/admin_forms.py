"""Filling in Django admin's forms the way a browser does: everything shown is sent back, changed or not."""

from __future__ import annotations

from typing import Any

from django.test import Client


def filled_in(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """What a browser would send from this form after these changes; None empties a field or unticks a box."""
    response = client.get(path)
    assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
    form = response.context["adminform"].form
    unknown = changes.keys() - form.fields.keys()
    assert not unknown, f"the form has no field {unknown}"
    values = {name: form[name].value() for name in form.fields if not hasattr(form[name].value(), "url")}
    return {name: value for name, value in {**values, **changes}.items() if value is not None and value is not False}


def errors_of(response: Any) -> dict[str, list[str]]:
    """The errors by field of a form that was refused."""
    assert response.status_code == 200
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}
