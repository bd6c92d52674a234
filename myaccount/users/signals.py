"""What the kernel and the lower areas announce to areas they may not know.

Sent inside the transaction of the change: a receiver that fails undoes it.
"""

from django.dispatch import Signal

# A person's e-mail address was set, proven or not, or taken away. Sent with: user, origin, now.
email_changed = Signal()

# An account was switched off, and its person is to be out everywhere at once. Sent with: user, by, origin, now.
account_disabled = Signal()

# Somebody has asked for the deletion of their account, and its time to think it over has begun: nobody signs in to it
# without keeping it. Sent with: user, origin, now.
account_leaving = Signal()

# An account is going to be erased, and its row is not locked yet: whoever locks rows of their own before rows of people
# locks those that concern it now. Sent with: user.
account_erasing = Signal()

# An account is about to be erased for good, and everything of it is still there. Sent with: user, by, origin, now.
# Whoever keeps something that does not go with the person's row lets go of it, and tells whom it concerns.
account_erased = Signal()

# A person's mobile number was set, proven or not, or taken away. Sent with: user, purpose, by, origin, now. `purpose`
# is what the change was asked for beside the profile, as the area that asked names it; mostly empty.
mobile_changed = Signal()

# A person's password was changed. Sent with: user, origin, now.
password_changed = Signal()

# Somebody whom another area led to the sign-in is in now. Sent with: user, came_by (what that area gave along), now.
signed_in = Signal()

# A person went on in a linked account without signing in to it; not when they go back to the one they signed in to.
# Sent with: source, target, origin, now.
switched = Signal()


# Sign-in sessions of one person are over. Sent with: user, session_uuids, reason, origin, now, and ends_offline:
# whether what applications may do while nobody is signed in is to end, too.
sessions_ended = Signal()


class ChangeRefused(Exception):  # noqa: N818
    """A receiver cannot let this change happen. The text says why, in the person's language."""
