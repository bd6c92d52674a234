"""My Account: the portal where people look after their own account.

The profile area's package shares its name with a module of the standard library that
`cProfile` needs. So `profile/` has no `__init__.py`, and the standard module is given
the folder as its `__path__`: `profile.models` is ours, `profile.Profile` is Python's.
See docs/adr/0002-the-name-profile.md.
"""

from pathlib import Path as _Path

import profile as _profile

_profile.__path__ = [str(_Path(__file__).resolve().parent.parent / "profile")]
