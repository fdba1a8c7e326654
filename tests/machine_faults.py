"""Machines that fail while they verify: `python tests/machine_faults.py` provokes each fault and prints the table.

Each fault must end in the right answer or in an error with a name, within 30 seconds, and the next run must be right.
The compiler is a script that fails on demand and otherwise hands out what a real one has built for the same program.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, run, verify_programs
from py2cpp_autograd.verify.compiler import BuildError
from py2cpp_autograd.verify.toolchain import ToolchainError, find_compiler

SECONDS = 30
SOURCE = """\
import torch
x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
y = (x * x).sum()
y.backward()
print(y)
"""
PROGRAM = Program("program.py", SOURCE)

#: The compiler that fails where a file called `fault` says how, and is a real one for all but the program itself.
_COMPILER = """\
#!/bin/bash
case "$*" in
  *--version*) echo "faulty 1.0 $(cat {folder}/version 2>/dev/null)"; exit 0 ;;
  *driver.cpp*)
    while [ $# -gt 1 ]; do [ "$1" = -o ] && output="$2"; shift; done
    export output
    if [ -f {folder}/fault ]; then . {folder}/fault; fi
    cp {folder}/programs.so "$output"
    if [ -f {folder}/later ]; then . {folder}/later; fi ;;
  *) exec {compiler} "$@" ;;
esac
"""


@dataclass
class Machine:
    """A folder with a compiler that can be made to fail, and a cache."""

    folder: Path
    seconds: float | None = None  # that the last verification in this process took

    @property
    def compiler(self) -> Path:
        """The script."""
        return self.folder / "faulty++"

    @property
    def cache(self) -> Path:
        """The cache of this machine."""
        return self.folder / "cache"

    def fail(self, script: str, when: str = "fault") -> None:
        """Have the compiler run some shell when it is to compile the program: before, or `later`, behind that."""
        (self.folder / when).write_text(f"{script}\n")

    def mend(self) -> None:
        """Have the compiler work."""
        for name in ("fault", "later"):
            (self.folder / name).unlink(missing_ok=True)

    def outcome(self, program: Program = PROGRAM, timeout: float = 20) -> str:
        """How verifying ends: a status, with what it says, or an error's name."""
        begin = time.monotonic()
        try:
            verdict = verified(program, VerifyOptions(compiler=str(self.compiler), cache=self.cache, timeout=timeout))
        except (BuildError, ToolchainError) as error:
            return f"error: {error}"
        finally:
            self.seconds = time.monotonic() - begin
        return verdict.status if verdict.status == "match" else f"{verdict.status}: {verdict.detail}"


def verified(program: Program, options: VerifyOptions) -> Verdict:
    """The verdict on a program; nothing is prepared in the background."""
    with mock.patch.object(run, "prepare_in_background"):
        return verify_programs([program], options)[0]


def machine(folder: Path, built: Path) -> Machine:
    """A machine whose compiler hands out `built`."""
    made = Machine(folder)
    folder.mkdir(parents=True)
    made.cache.mkdir()
    shutil.copy(built, folder / "programs.so")
    made.compiler.write_text(_COMPILER.format(folder=folder, compiler=find_compiler()))
    made.compiler.chmod(0o755)
    return made


def build_once(folder: Path) -> Path:
    """What a real compiler makes of the program, on a machine where nothing is prepared."""
    verdict = verified(PROGRAM, VerifyOptions(cache=folder))
    assert verdict.status == "match", verdict
    return next(folder.glob("unit-*/programs.so"))


def _spoiled(pattern: str, spoil: Callable[[Path], object]) -> Callable[[Machine], str]:
    """Verify, spoil a file of the cache, verify again."""

    def provoke(made: Machine) -> str:
        assert made.outcome() == "match"
        for path in made.cache.glob(pattern):
            spoil(path)
        return made.outcome()

    return provoke


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _compiler_that(script: str) -> Callable[[Machine], str]:
    def provoke(made: Machine) -> str:
        made.fail(script)
        return made.outcome()

    return provoke


def _killed(when: str) -> Callable[[Machine], str]:
    """`kill -9` of a verification at a point of its build: before the compiler has written, or behind it."""

    def provoke(made: Machine) -> str:
        made.fail(f"touch {made.folder}/reached; sleep 100", when)
        process = subprocess.Popen(_command(made), start_new_session=True)
        while not (made.folder / "reached").exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        made.mend()
        return made.outcome()

    return provoke


def _command(made: Machine) -> list[str]:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import machine_faults as faults; from pathlib import Path; "
        "print(faults.Machine(Path(sys.argv[2])).outcome())"
    )
    return [sys.executable, "-c", code, str(Path(__file__).parent), str(made.folder)]


def _together(count: int) -> Callable[[Machine], str]:
    """Several processes at once on an empty cache."""

    def provoke(made: Machine) -> str:
        made.fail("sleep 1")
        with ThreadPoolExecutor(count) as pool:
            done = pool.map(lambda _: subprocess.run(_command(made), capture_output=True, text=True), range(count))
        return "match" if [one.stdout.strip() for one in done] == ["match"] * count else "they differ"

    return provoke


def _read_only(made: Machine) -> str:
    """A cache that cannot be written, even by root: a file stands in its place."""
    shutil.rmtree(made.cache)
    made.cache.write_text("")
    outcome = made.outcome()
    made.cache.unlink()
    return outcome


def _other_version(made: Machine) -> str:
    """Another compiler version finds nothing of the first one's."""
    assert made.outcome() == "match"
    before = set(made.cache.glob("unit-*/programs.so"))
    (made.folder / "version").write_text("2")
    done = subprocess.run(_command(made), capture_output=True, text=True)  # this process knows the version already
    outcome = done.stdout.strip()
    return outcome if set(made.cache.glob("unit-*/programs.so")) > before else "an old object was used"


def _missing(made: Machine) -> str:
    made.compiler.rename(made.folder / "gone")
    outcome = made.outcome()
    (made.folder / "gone").rename(made.compiler)
    return outcome


def _program(lines: str) -> Callable[[Machine], str]:
    """A Python program that fails in its own way."""
    source = "import ctypes, os, sys, torch\nx = torch.ones(2)\n" + lines

    return lambda made: made.outcome(Program("program.py", source, _NOTHING), timeout=3)


_NOTHING = '#include "py2cpp/probe.h"\n// py2cpp::record("x", x)\nint main() {}\n'
MATCH = ("match",)
#: What provokes each fault, and how it may end.
FAULTS: dict[str, tuple[Callable[[Machine], str], Sequence[str]]] = {
    "no compiler": (_missing, ("error: no C++ compiler",)),
    "compiler crashes": (_compiler_that("kill -SEGV $$"), ("error: ",)),
    "compiler is killed": (
        _compiler_that("echo 'g++: fatal error: Killed signal terminated program cc1plus' >&2; exit 1"), ("error: ",),
    ),
    "compiler hangs": (_compiler_that("sleep 1000"), ("error: the compiler hangs",)),
    "compiler prints 100 MB": (
        _compiler_that("head -c 100000000 /dev/zero | tr '\\0' e >&2; exit 1"), ("error: ",),
    ),
    "compiler writes nothing": (_compiler_that("exit 0"), ("error: ", )),
    "compiler writes nonsense": (_compiler_that("echo nonsense > $output; exit 0"), ("cpp_error: ",)),
    "disk full": (
        _compiler_that("echo 'as: error writing x.o: No space left on device' >&2; exit 1"), ("error: ",),
    ),
    "cache that cannot be written": (_read_only, MATCH),
    "killed while compiling": (_killed("fault"), MATCH),
    "killed behind the compiler": (_killed("later"), MATCH),
    "2 processes at once": (_together(2), MATCH),
    "8 processes at once": (_together(8), MATCH),
    "flipped bit in an object": (_spoiled("unit-*/programs.so", _flip), MATCH),
    "truncated object": (_spoiled("unit-*/programs.so", lambda path: os.truncate(path, 100)), MATCH),
    "empty object": (_spoiled("unit-*/programs.so", lambda path: os.truncate(path, 0)), MATCH),
    "lost object": (_spoiled("unit-*/programs.so", os.unlink), MATCH),
    "flipped bit in a manifest": (_spoiled("unit-*/complete", _flip), MATCH),
    "empty manifest": (_spoiled("unit-*/complete", lambda path: os.truncate(path, 0)), MATCH),
    "spoiled host": (_spoiled("host-*/host", _flip), MATCH),
    "another compiler version": (_other_version, MATCH),
    "endless loop": (_program("while True:\n    pass\n"), ("timeout: ",)),
    "out of memory": (_program("x = bytearray(1 << 45)\n"), ("python_error: MemoryError",)),
    "segmentation fault": (_program("ctypes.string_at(0)\n"), ("python_error: ended with signal 11",)),
    "abort": (_program("os.abort()\n"), ("python_error: ended with signal 6",)),
    "exit(0) before the result": (_program("os._exit(0)\n"), ("python_error: ended with status 0",)),
    "a forged result": (
        _program("import glob\nopen('trace', 'w').write('{\"end\": \"\", \"error\": null}')\nos._exit(0)\n"),
        ("python_error: ended with status 0",),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """How a fault ended, after how many seconds, and how the next run did."""

    outcome: str
    seconds: float
    next_outcome: str

    def is_as_it_should_be(self, name: str) -> bool:
        """Whether the fault ended in time as one of those that it may, and the next run was right."""
        ended = any(self.outcome.startswith(expected) for expected in FAULTS[name][1])
        return ended and self.seconds < SECONDS and self.next_outcome == "match"


def provoke(name: str, folder: Path, built: Path) -> Result:
    """Provoke a fault on a new machine."""
    made = machine(folder, built)
    begin = time.monotonic()
    outcome = FAULTS[name][0](made)
    seconds = made.seconds or time.monotonic() - begin
    made.mend()
    return Result(outcome, seconds, made.outcome())


def main() -> int:
    """Provoke all faults, or those that are named, and print the table; exit status 1 when one ends otherwise."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        built = build_once(Path(folder, "built"))
        for number, name in enumerate(sys.argv[1:] or FAULTS):
            result = provoke(name, Path(folder, str(number)), built)
            right = result.is_as_it_should_be(name)
            wrong += not right
            said, then = (" ".join(text.split())[:60] for text in (result.outcome, result.next_outcome))
            print(f"{'ok  ' if right else 'FAIL'} {name:32} {result.seconds:5.1f} s  {said:60}  then {then}")
    print(f"{wrong} of {len(sys.argv[1:] or FAULTS)} faults do not end as they should")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
