"""A session: the processes of one call serve the next one, and are replaced when they end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from py2cpp_autograd.cli import cli
from py2cpp_autograd.cli.watch_command import _saved
from py2cpp_autograd.verify import Program, Session

SOURCE = "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\n(x * x).sum().backward()\nprint(x.grad)\n"


@pytest.mark.build
def test_processes_stay_and_are_replaced(tmp_path: Path) -> None:
    with Session() as session:
        first = session.verify_programs([Program("first.py", SOURCE)])
        processes = session.process_ids
        again = session.verify_programs([Program("first.py", SOURCE)])
        assert session.process_ids == processes and len(processes) == 2
        for process in processes:
            os.kill(process, signal.SIGKILL)
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        last = session.verify_programs([Program("first.py", SOURCE)])
        assert not set(session.process_ids) & set(processes)
    assert [verdict.status for verdict in (*first, *again, *last)] == ["match"] * 3
    path = tmp_path / "first.py"
    path.write_text(SOURCE)
    watched = CliRunner().invoke(cli, ["watch", str(path), "--times", "1"])
    assert watched.exit_code == 0 and "match, 2 values and 1 gradient compared" in watched.stdout


def test_files_that_are_saved(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    for path in (one, other):
        path.write_text("")
    saved = _saved([str(one), str(other), str(tmp_path / "not yet.py")])
    assert next(saved) == [str(one), str(other)]
    os.utime(other, ns=(1, 1))
    assert next(saved) == [str(other)]


def test_watch_needs_files() -> None:
    assert CliRunner().invoke(cli, ["watch", "no-such.py"]).exit_code == 2
