"""The first line whose value differs is named, wherever it stands: some of `first_lines.py`, which has more."""

from __future__ import annotations

import pytest
from first_lines import SLIPS, find

from py2cpp_autograd.verify import Verdict

#: Those that are looked for here; each costs three builds.
SOME = (
    "an argument of a call", "a forward's return", "a custom backward", "a model file", "recursion",
    "the bounds of a loop in a method", "a list changed by what a comprehension calls", "an object's method",
)  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    """The verdicts on the mistakes, built in one batch."""
    return find(list(SOME))


@pytest.mark.build
@pytest.mark.parametrize("name", SOME)
def test_the_first_line_is_named(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].status == "mismatch", verdicts[name].detail
    assert verdicts[name].first_divergence == SLIPS[name].line, verdicts[name].divergence


@pytest.mark.parametrize("name", SLIPS)
def test_the_mistake_can_be_made(name: str) -> None:
    assert SLIPS[name].program("program.py").cpp
