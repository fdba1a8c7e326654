"""What programs cannot do to the machine while they are verified. Layers that a system lacks are not claimed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from py2cpp_autograd.verify.isolation import LANDLOCK, LIMITS, NAMESPACES
from py2cpp_autograd.verify.options import Program
from py2cpp_autograd.verify.report import Results
from py2cpp_autograd.verify.report.as_text import as_text
from py2cpp_autograd.verify.sides import PythonSide, Run, python_sides
from py2cpp_autograd.verify.verdict import Verdict


@pytest.fixture(scope="module")
def side() -> Iterator[PythonSide]:
    with python_sides(1) as made:
        yield made.sides[0]


def run(side: PythonSide, source: str, seconds: float = 30) -> Run:
    program = Program("program.py", f"import os, signal, socket, subprocess, sys, time\n{source}")
    return side.run(program, "script", 0, seconds)


def recorded(done: Run, name: str) -> object:
    assert done.trace is not None, done.output
    return done.trace.records[name]["v"]


def test_limits_are_always_in_force(side: PythonSide) -> None:
    done = run(side, "import resource\ncore = resource.getrlimit(resource.RLIMIT_CORE)[0]\n")
    assert done.layers[0] == LIMITS
    assert recorded(done, "core") == 0


def test_files_outside_are_not_written(side: PythonSide, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    changes = (f"open({str(kept)!r}, 'w')", f"os.remove({str(kept)!r})", f"os.mkdir({str(tmp_path / 'new')!r})")
    for change in changes:
        done = run(side, change)
        if LANDLOCK in done.layers:
            assert done.trace is not None and done.trace.error is not None
            assert done.trace.error.type == "PermissionError"
            assert kept.read_text() == "kept" and not (tmp_path / "new").exists()


def test_there_is_a_folder_to_write_in(side: PythonSide) -> None:
    source = "import tempfile\nopen('x', 'w').write('1')\ntempfile.TemporaryFile()\nhere = os.listdir()\n"
    assert recorded(run(side, source + "found = 'x' in here\n"), "found") is True


def test_there_is_no_network(side: PythonSide) -> None:
    listening = "server = socket.create_server(('127.0.0.1', 0))\n"
    done = run(side, f"{listening}socket.create_connection(server.getsockname(), 2)\n")
    if NAMESPACES in done.layers:
        assert done.trace is not None and done.trace.error is not None
        assert done.trace.error.type == "OSError"


def test_who_leaves_the_group_is_ended_too(side: PythonSide) -> None:
    daemon = "[sys.executable, '-c', 'import time; time.sleep(60)']"
    done = run(side, f"pid = subprocess.Popen({daemon}, start_new_session=True).pid\n")
    pid = recorded(done, "pid")
    assert isinstance(pid, int)
    until = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < until:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}")


ENDS = {
    "an endless loop": "while True:\n    pass\n",
    "a signal that is ignored": "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(100)\n",
    "a stopped process": "os.kill(os.getpid(), signal.SIGSTOP)\n",
}


@pytest.mark.parametrize("name", ENDS)
def test_what_does_not_end_is_ended(name: str, side: PythonSide) -> None:
    begin = time.monotonic()
    done = run(side, ENDS[name], seconds=2)
    assert done.trace is None and done.status != 0
    assert time.monotonic() - begin < 20


def test_the_report_names_the_layers() -> None:
    verdicts = [Verdict("a.py", "match", values=1, isolation=(LIMITS, LANDLOCK)), Verdict("b.py", "refused")]
    last = as_text(Results(verdicts)).splitlines()[-1]
    assert last == "isolated by own process groups, folders and limits, Landlock"
    assert verdicts[0].to_json()["isolation"] == [LIMITS, LANDLOCK]
