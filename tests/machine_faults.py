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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import program_faults

from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, run, verify_programs
from py2cpp_autograd.verify import toolchain as toolchain_module
from py2cpp_autograd.verify.cache import cache_root
from py2cpp_autograd.verify.errors import BuildError, ToolchainError
from py2cpp_autograd.verify.runtime import runtime
from py2cpp_autograd.verify.toolchain import find_compiler, find_toolchain

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


def _command(made: Machine, source: str = SOURCE) -> list[str]:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import machine_faults as faults; from pathlib import Path; "
        "print(faults.Machine(Path(sys.argv[2])).outcome(faults.Program('program.py', sys.argv[3]), 100))"
    )
    return [sys.executable, "-c", code, str(Path(__file__).parent), str(made.folder), source]


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


@contextmanager
def _real_cache(folder: Path) -> Iterator[VerifyOptions]:
    """A copy of what a real compiler has prepared on this machine, to be spoiled."""
    root, toolchain = cache_root(None), find_toolchain()
    prepare = runtime(toolchain, root)  # nothing, where it is in the cache
    assert prepare.headers.folder is not None and prepare.recorders is not None
    cache = folder / "real"
    for entry in (prepare.headers.folder, prepare.recorders.parent, prepare.host.parent):
        shutil.copytree(entry, cache / entry.name, symlinks=True)
    yield VerifyOptions(cache=cache, timeout=20)
    shutil.rmtree(cache)


def _spoiled_headers(spoil: Callable[[Path], object]) -> Callable[[Machine], str]:
    """Spoil a precompiled header, and verify with the real compiler, twice."""

    def provoke(made: Machine) -> str:
        with _real_cache(made.folder) as options:
            assert verified(PROGRAM, options).status == "match"
            for path in (options.cache or made.cache).glob("lean-*/lean.h.gch"):
                spoil(path)
            begin = time.monotonic()
            first = verified(replace(PROGRAM, source=SOURCE + "a = 1\n"), options)
            made.seconds = time.monotonic() - begin
            second = verified(replace(PROGRAM, source=SOURCE + "a = 2\n"), options)
        return first.status if second.status == "match" else f"then {second.status}: {second.detail}"

    return provoke


def _zeros_within(path: Path) -> None:
    """Holes in a file whose time does not tell."""
    known = path.stat()
    with open(path, "r+b") as file:
        for place in range(1 << 20, known.st_size - (1 << 20), 1 << 22):
            file.seek(place)
            file.write(bytes(1 << 16))
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def _full_disk(made: Machine) -> str:
    """A cache on a disk of 100 KB, in a mount namespace of its own; where there is none, a compiler that says so."""
    mount = f"mount -t tmpfs -o size=100k tmpfs {made.cache} && exec \"$@\""
    enter = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if shutil.which("unshare") and subprocess.run([*enter, "true"], capture_output=True).returncode == 0:
        return subprocess.run([*enter, *_command(made)], capture_output=True, text=True).stdout.strip()
    return _compiler_that("echo 'as: error writing x.o: No space left on device' >&2; exit 1")(made)


def _other_torch(made: Machine) -> str:
    """Another build of torch finds nothing of the first one's."""
    assert made.outcome() == "match"
    before = set(made.cache.glob("unit-*/programs.so"))
    with mock.patch.object(toolchain_module, "torch_build", return_value="9.9.9 another"):
        outcome = made.outcome()
    return outcome if set(made.cache.glob("unit-*/programs.so")) > before else "an old object was used"


def _killed_while_python_runs(made: Machine) -> str:
    """`kill -9` of a verification while the program runs: nothing that it started is left."""
    made.fail(f"touch {made.folder}/reached", "later")
    waits = SOURCE + "import time\nwhile True:\n    time.sleep(1)\n"
    process = subprocess.Popen(_command(made, waits), start_new_session=True)
    while not (made.folder / "reached").exists():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(2)
    left = _descendants(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    made.mend()
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in left):
        if time.monotonic() > until:
            return "processes are left"
        time.sleep(0.05)
    return made.outcome() if len(left) > 2 else "nothing ran"


def _descendants(pid: int) -> list[int]:
    """The processes below one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_descendants(child)]
    return found


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
    "disk full": (_full_disk, ("error: ",)),
    "cache that cannot be written": (_read_only, MATCH),
    "killed while compiling": (_killed("fault"), MATCH),
    "killed behind the compiler": (_killed("later"), MATCH),
    "killed while the program runs": (_killed_while_python_runs, MATCH),
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
    "another torch": (_other_torch, MATCH),
    "flipped bit in precompiled headers": (_spoiled_headers(_flip), MATCH),
    "truncated precompiled headers": (_spoiled_headers(lambda path: os.truncate(path, 1 << 20)), MATCH),
    "holes in precompiled headers": (_spoiled_headers(_zeros_within), MATCH),
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


def _word(right: bool) -> str:
    return "ok  " if right else "FAIL"


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
            print(f"{_word(right)} {name:40} {result.seconds:5.1f} s  {said:60}  then {then}", flush=True)
    of_programs = [] if sys.argv[1:] else program_faults.rows()
    for row in of_programs:
        wrong += not row.is_right
        print(f"{_word(row.is_right)} {row.name:40} {row.seconds:5.1f} s  {' '.join(row.outcome.split())[:60]}")
    print(f"{wrong} of {len(sys.argv[1:] or FAULTS) + len(of_programs)} faults do not end as they should")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
