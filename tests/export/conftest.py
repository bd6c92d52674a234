from __future__ import annotations

import pytest

from tests.export.support import Everything, somebody_with_everything


@pytest.fixture
def everything(db: None) -> Everything:
    return somebody_with_everything()
