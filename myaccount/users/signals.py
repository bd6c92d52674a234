"""What the kernel and the lower areas announce to areas they may not know.

Sent inside the transaction of the change: a receiver that fails undoes it.
"""

from django.dispatch import Signal

# A person's e-mail address was set, proven or not, or taken away. Sent with: user, origin, now.
email_changed = Signal()

# An account was switched off, and its person is to be out everywhere at once. Sent with: user, by, origin, now.
account_disabled = Signal()
