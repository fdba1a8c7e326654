"""The two resident processes that fork a child for each program: the Python side and the C++ host."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, Self, TypeVar

from py2cpp_autograd.verify.errors import SideError
from py2cpp_autograd.verify.options import Program
from py2cpp_autograd.verify.toolchain import python_executable
from py2cpp_autograd.verify.trace import Trace, read

#: Address space of a child, in bytes.
MEMORY = 16 * 1024**3
#: What a child may write in one file, in bytes, and how many processes and threads its user may have then.
FILE_SIZE = 1024**3
PROCESSES = 4096
#: The status of a child of the C++ host that could not load its program (`kCannotLoad` in host.cpp).
CANNOT_LOAD = 121
#: In the place of an entry point: nothing is run (`kOnlyLoad` in host.cpp).
ONLY_LOAD = "-"
_SECONDS_TO_LOAD = 20.0
_SECONDS_TO_END = 10.0
_SEPARATOR = "\x1f"

#: What a trace has of large tensors: a digest, or all bits; with `steps`, also what each statement of a script changed.
Detail = Literal["digests", "whole", "steps"]


@dataclass(frozen=True)
class Run:
    """How a run ended: its trace if it came to its end, the exit status (negative: a signal), its output, seconds."""

    trace: Trace | None
    status: int
    timed_out: bool
    output: str
    seconds: float
    layers: tuple[str, ...] = ()


class _Resident:
    """A process that says `ready LAYERS` (of isolation), then answers one request a line with `started PID` and
    `done STATUS`.
    """

    def __init__(self, requests: int, replies: int) -> None:
        self.requests = requests
        self.replies = replies
        self.lock = threading.Lock()
        self.buffer = b""
        self.layers: tuple[str, ...] = ()
        self.is_last_chance = False  # a program that ends this process has done so before

    def request(self, line: str, seconds: float) -> tuple[int, bool]:
        """The exit status of the child, and whether it was killed because its time was over."""
        with self.lock:
            if not self.layers:
                self.layers = tuple((self._reply(120.0) or "").split(","))
            try:
                data = memoryview(line.encode("utf-8", "surrogatepass") + b"\n")
                while data:
                    data = data[os.write(self.requests, data) :]
            except OSError as error:
                raise SideError(f"a resident process is gone: {error}") from None
            started = self._reply(120.0)
            if started is None:
                raise SideError("a resident process does not answer")
            done = self._reply(seconds)
            if done is not None:
                return int(done), False
            _kill(int(started))
            return int(self._reply(30.0) or -signal.SIGKILL), True

    def wait_for_end(self) -> None:
        """Return when the process is gone, which was told to go."""
        with contextlib.suppress(SideError):
            while self._reply(_SECONDS_TO_END) is not None:
                pass

    def _reply(self, seconds: float) -> str | None:
        """The second word of the next line, or None when none comes in time."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.replies, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                left = until - time.monotonic()
                if left <= 0 or not selector.select(left):
                    return None
                data = os.read(self.replies, 4096)
                if not data:
                    raise SideError("a resident process ended")
                self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode().partition(" ")[2]


#: glibc gives out memory full of the byte 0x3c, without a cache of freed blocks: what `torch.empty` holds is then the
#: same on both sides (0.0115 as a float), and neither zero nor NaN, which would hide that something is not initialised.
_SAME_MEMORY = {
    "GLIBC_TUNABLES": f"glibc.malloc.perturb={0x3C ^ 0xFF}:glibc.malloc.tcache_count=0",
    "MALLOC_PERTURB_": str(0x3C ^ 0xFF),
}


def _environment() -> dict[str, str]:
    """What a child may know of this machine: little, and one thread."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    # The Python side must find this package however it was put on the path.
    package = str(Path(__file__).resolve().parent.parent.parent)
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return {**kept, **threads, **_SAME_MEMORY, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


class PythonSide(_Resident):
    """Runs Python programs."""

    def run(
        self, program: Program, kind: str, seed: int, seconds: float, detail: Detail = "digests", variant: int = 0
    ) -> Run:
        """Run one program; `variant` is one of `variants`."""
        with tempfile.TemporaryDirectory(prefix="py2cpp-") as folder:
            nonce = os.urandom(16).hex()
            request = {
                "source": program.source, "path": program.name, "kind": kind, "seed": seed, "nonce": nonce,
                "seconds": seconds,
                "trace": f"{folder}/trace", "output": f"{folder}/output", "directory": folder,
                "detail": detail, "memory": MEMORY, "file_size": FILE_SIZE, "processes": PROCESSES,
                "variant": variant,
                "siblings": dict(program.siblings.texts), "package": program.siblings.package,
            }  # fmt: skip
            return _timed(self, json.dumps(request), Path(folder), nonce, seconds)


class CppSide(_Resident):
    """Runs built units."""

    def run(
        self, library: Path, symbol: str, seed: int, seconds: float, detail: Detail = "digests", variant: int = 0
    ) -> Run:
        """Run one entry point, in the same ways."""
        with tempfile.TemporaryDirectory(prefix="py2cpp-") as folder:
            nonce = os.urandom(16).hex()
            whole = max(1, int(seconds))
            fields = (
                f"{folder}/trace", nonce, seed, folder, f"{folder}/output", f"{folder}/errors", whole, MEMORY,
                FILE_SIZE, PROCESSES, library, symbol, detail, variant,
            )  # fmt: skip
            return _timed(self, _SEPARATOR.join(map(str, fields)), Path(folder), nonce, seconds)

    def loads(self, library: Path) -> bool:
        """Whether a library can be loaded."""
        return self.run(library, ONLY_LOAD, 0, _SECONDS_TO_LOAD).status == 0


Side = TypeVar("Side", bound=_Resident)


class Family(Generic[Side]):
    """Resident processes that are forked from one, which has loaded LibTorch; none outlives it, nor it one of them.

    Leaving its context ends them, and so does our end, however we end: it closes the standard input of the first one.
    """

    def __init__(self, command: Sequence[str], kind: type[Side], count: int) -> None:
        ours, theirs = zip(*(_pipes() for _ in range(count)), strict=True)
        pairs = ",".join(f"{requests}:{replies}" for requests, replies in theirs)
        inherited = [number for pair in theirs for number in pair]
        try:
            self.process = subprocess.Popen(
                [*command, pairs], stdin=subprocess.PIPE, pass_fds=inherited, env=_environment(),
                start_new_session=True,
            )  # fmt: skip
        finally:
            for number in inherited:
                os.close(number)
        self.sides: list[Side] = [kind(requests, replies) for requests, replies in ours]

    @property
    def is_alive(self) -> bool:
        """Whether no process has ended."""
        return self.process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        for side in self.sides:
            os.close(side.requests)
        if self.is_alive:
            _kill(self.process.pid)
            self.process.wait()
        for side in self.sides:
            side.wait_for_end()
            os.close(side.replies)


def _pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    """Our and their ends of a pipe for requests and one for replies."""
    (their_requests, our_requests), (our_replies, their_replies) = os.pipe(), os.pipe()
    return (our_requests, our_replies), (their_requests, their_replies)


def python_sides(count: int) -> Family[PythonSide]:
    """Processes of the Python side."""
    return Family([python_executable(), "-m", "py2cpp_autograd.verify.python_process"], PythonSide, count)


def cpp_sides(host: Path, library: Path, count: int) -> Family[CppSide]:
    """Processes of the C++ side, which have loaded a library."""
    return Family([str(host), str(library)], CppSide, count)


def _timed(resident: _Resident, line: str, folder: Path, nonce: str, seconds: float) -> Run:
    begin = time.monotonic()
    try:
        status, timed_out = resident.request(line, seconds)
    except SideError:
        if not resident.is_last_chance:
            raise
        return Run(None, -signal.SIGKILL, False, "it ends the process that runs it", time.monotonic() - begin)
    taken = time.monotonic() - begin
    files = [path for path in sorted(folder.glob("[oe]*")) if path.is_file()]
    texts = [path.read_text("utf-8", errors="replace")[-4000:] for path in files]
    output = (folder / "output").read_bytes() if (folder / "output").is_file() else b""
    return Run(read(folder / "trace", nonce, output), status, timed_out, "".join(texts), taken, resident.layers)
