"""Runs a compiler as a process that may hang, crash or print without end, and gives what it said."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from py2cpp_autograd.verify.errors import BuildError

#: CPU seconds that one compilation may take; the slowest, of LibTorch's headers, takes 60.
CPU_SECONDS = 900
#: A compiler that computes nothing for this long hangs.
IDLE_SECONDS = 15.0
#: What is kept of what a compiler prints.
_KEPT_BYTES = 4 * 1024**2
#: What a compiler may write in one file: precompiled headers have 700 MB.
_FILE_BYTES = 4 * 1024**3
_LIMITS = ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, _FILE_BYTES), (resource.RLIMIT_CORE, 0))


#: What compilers say, with the status of a program's error, when it is the machine that fails, or they themselves.
_BROKEN_MACHINE = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system|[Cc]annot allocate memory|memory exhausted|"
    r"out of memory|unable to execute command"
)
_CRASH = re.compile(r"signal terminated program|internal compiler error")


@dataclass(frozen=True)
class Said:
    """How a compiler ended: its status (negative: a signal), its output, its complaints."""

    status: int
    output: str
    errors: str

    @property
    def broke_down(self) -> bool:
        """Whether it was the compiler that failed, not what it was given to compile."""
        if self.status in (0, 1):
            at_fault = "error" not in self.errors or _BROKEN_MACHINE.search(self.errors)
            return self.crashed or bool(self.status == 1 and at_fault)
        return True

    @property
    def crashed(self) -> bool:
        """Whether it broke down over what it was given: something else may compile."""
        return self.status < 0 or (self.status > 0 and _CRASH.search(self.errors) is not None)


def run(command: Sequence[str]) -> Said:
    """Run a compiler. Raises BuildError when it cannot be started or hangs."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True
            )
        except OSError as error:
            raise BuildError(f"{command[0]} cannot be run: {error.strerror or error}") from None
        try:
            _limit(process.pid)
            status = _watched(process)
        finally:
            _kill_group(process)
        return Said(status, _text(output), _text(errors))


def _limit(pid: int) -> None:
    """Set the limits of a process from outside, where the system can: nothing then runs between fork and exec."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        return
    for limit, value in _LIMITS:
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ProcessLookupError):
            prlimit(pid, limit, (bound, bound))


def must_run(command: Sequence[str]) -> str:
    """The output of a compiler that must not fail. Raises BuildError."""
    said = run(command)
    if said.status != 0:
        raise BuildError(f"{command[0]} {ending(said.status)} on the runtime:\n{said.errors[-4000:]}")
    wrote_what_it_should(command)
    return said.output


def wrote_what_it_should(command: Sequence[str]) -> None:
    """Raises BuildError when a compiler that says that it succeeded has not written its output."""
    output = command[command.index("-o") + 1] if "-o" in command else None
    if output is not None and not Path(output).is_file():
        raise BuildError(f"{command[0]} succeeds, but does not write {Path(output).name}")


def ending(status: int) -> str:
    """How a process that did not succeed ended, in words."""
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"failed with status {status}"


def _watched(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a process that keeps computing. Raises BuildError when it stops doing so."""
    computed, since = -1, time.monotonic()
    while True:
        try:
            return process.wait(min(1.0, IDLE_SECONDS))
        except subprocess.TimeoutExpired:
            now = _computed_by_group(process.pid)
        if now != computed:
            computed, since = now, time.monotonic()
        elif time.monotonic() - since > IDLE_SECONDS:
            raise BuildError("the compiler hangs: it computes nothing, and does not end")


def _computed_by_group(group: int) -> int:
    """Clock ticks that the processes of a group have computed; where there is no /proc, time itself."""
    total = 0
    if not Path("/proc/self/stat").exists():
        return time.monotonic_ns()
    for folder in os.listdir("/proc"):
        if folder.isdecimal():
            try:
                fields = Path("/proc", folder, "stat").read_text("latin-1").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                total += sum(map(int, fields[11:15])) + 1
    return total


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_KEPT_BYTES).decode("utf-8", "replace").replace("\0", "")
