"""The build cache: damaged entries are built anew, half-built ones are never used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from py2cpp_autograd.verify import cache
from py2cpp_autograd.verify.cache import discard, discard_if_damaged, entry, is_whole


def fill(folder: Path) -> None:
    (folder / "object").write_bytes(b"whole" * 100)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda folder: flip(folder / "object"),
    "a truncated file": lambda folder: (folder / "object").write_bytes(b"who"),
    "an empty file": lambda folder: (folder / "object").write_bytes(b""),
    "a lost file": lambda folder: (folder / "object").unlink(),
    "a flipped bit in the manifest": lambda folder: flip(folder / "complete"),
    "an empty manifest": lambda folder: (folder / "complete").write_bytes(b""),
    "a manifest of nonsense": lambda folder: (folder / "complete").write_bytes(b"[1]"),
    "nothing, but it was discarded": discard,
    "a lost manifest": lambda folder: (folder / "complete").unlink(),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_repaired(name: str, tmp_path: Path) -> None:
    folder = entry(tmp_path, "unit-1", fill)
    DAMAGES[name](folder)
    assert entry(tmp_path, "unit-1", fill) == folder
    assert (folder / "object").read_bytes() == b"whole" * 100


def test_a_whole_entry_is_not_built_again(tmp_path: Path) -> None:
    entry(tmp_path, "unit-1", fill)

    def never(folder: Path) -> None:
        raise AssertionError

    entry(tmp_path, "unit-1", never)


def test_what_is_too_large_to_be_read_each_time_is_read_when_there_is_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_CHECKED_BYTES", 100)
    folder = entry(tmp_path, "unit-1", fill)
    assert not discard_if_damaged(folder)
    known = (folder / "object").stat().st_mtime_ns
    flip(folder / "object")
    os.utime(folder / "object", ns=(known, known))
    assert is_whole(folder)
    assert discard_if_damaged(folder) and not is_whole(folder)


def test_a_build_that_fails_leaves_nothing_that_is_used(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        fill(folder)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        entry(tmp_path, "unit-1", broken)
    (tmp_path / "unit-1" / "object").write_bytes(b"half")
    assert (entry(tmp_path, "unit-1", fill) / "object").read_bytes() == b"whole" * 100
