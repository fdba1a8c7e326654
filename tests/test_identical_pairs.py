"""A short version of `identical_pairs.py`: no alarms where both sides are the same, however often they run."""

from __future__ import annotations

import pytest
from identical_pairs import alarms, pairs


@pytest.mark.build
def test_no_alarms() -> None:
    programs = pairs(20)
    assert len(programs) == 20
    assert list(alarms(programs, 3)) == []
