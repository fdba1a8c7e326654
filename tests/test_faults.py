"""A verifier that cannot fail is worthless: faults planted into emitted C++, each of which must be found."""

from __future__ import annotations

import pytest
from faults import FAULTS, plant

from py2cpp_autograd.verify import Verdict


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Verdict]:
    """The verdicts on the right and on the wrong C++ of each fault, built in one batch."""
    return plant(list(FAULTS))


@pytest.mark.build
@pytest.mark.parametrize("name", FAULTS)
def test_the_right_text_matches(name: str, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[f"right {name}"]
    assert verdict.status == "match", f"{verdict.detail}\n{verdict.mismatches}"


@pytest.mark.build
@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_found(name: str, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[f"wrong {name}"]
    assert verdict.status in ("mismatch", "python_error", "cpp_error"), f"{verdict.status}: {verdict.detail}"
    assert not verdict.bitwise
    if FAULTS[name].path and verdict.status == "mismatch":
        assert FAULTS[name].path in {mismatch.path for mismatch in verdict.mismatches}


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_can_be_planted(name: str) -> None:
    assert FAULTS[name].planted("program.py") != FAULTS[name].emitted("program.py")


def test_there_are_enough_kinds() -> None:
    assert len(FAULTS) >= 60
    assert len({fault.kind for fault in FAULTS.values()}) >= 20
