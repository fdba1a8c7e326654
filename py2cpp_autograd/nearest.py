"""Names like one that is not there: what a message suggests."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str], likeness: float = 0.6) -> str | None:
    """The question whether the nearest of `names` was meant; None where none is as like it as that (from 0 to 1)."""
    found = difflib.get_close_matches(name, list(names), 1, likeness)
    return f"did you mean '{found[0]}'?" if found else None
