"""What the registry announces to areas it may not know, inside the transaction of the change."""

from django.dispatch import Signal

# A custom attribute was removed. Sent with: name.
attribute_removed = Signal()
