"""`py2cpp-autograd cache`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from py2cpp_autograd.cli import cli
from py2cpp_autograd.verify.cache import entry


def test_cache_is_shown_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = tmp_path / "py2cpp-autograd"
    root.mkdir()

    def fill(folder: Path) -> None:
        (folder / "x").write_bytes(b"1" * 100_000)

    entry(root, "unit-1", fill)
    shown = CliRunner().invoke(cli, ["cache", "--info"])
    assert shown.exit_code == 0 and "unit" in shown.stdout and "0.1 MB" in shown.stdout
    assert CliRunner().invoke(cli, ["cache", "--clean"]).exit_code == 0
    assert not [path for path in root.iterdir() if path.is_dir()]
