"""A short version of `machine_faults.py`: each ends in the right answer or a named error, and the next run is right."""

from __future__ import annotations

from pathlib import Path

import program_faults
import pytest
from machine_faults import FAULTS, build_once, provoke

#: The rest is for `python tests/machine_faults.py`: two verifications each.
SHORT = (
    "compiler crashes", "compiler writes nothing", "disk full", "killed while compiling", "killed behind the compiler",
    "truncated object", "another torch", "killed while the program runs",
)  # fmt: skip


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_once(tmp_path_factory.mktemp("built"))


@pytest.mark.build
@pytest.mark.parametrize("name", SHORT)
def test_fault(name: str, built: Path, tmp_path: Path) -> None:
    result = provoke(name, tmp_path / "machine", built)
    assert result.is_as_it_should_be(name), result


@pytest.mark.build
def test_programs_that_fail_do_not_hurt_others() -> None:
    assert [row for row in program_faults.rows() if not row.is_right] == []


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 20
    assert set(SHORT) <= set(FAULTS)
