"""Translates every Python file below some folders, and says which crashed, took long, or were refused without a place.

    python -m py2cpp_autograd.tools.file_sweep                       # the standard library and the installed torch
    python -m py2cpp_autograd.tools.file_sweep FOLDER... --every 10  # one file in ten of other folders

No file may crash the translator (PCA699), take longer than `--seconds` of processor time, or be refused at no place of
its text; the exit status is 1 where one does. Nothing is run, and nothing is built.
"""

from __future__ import annotations

import argparse
import signal
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from py2cpp_autograd import translate
from py2cpp_autograd.decode import decode
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.span import Position
from py2cpp_autograd.table.load import load_table


@dataclass(frozen=True, slots=True)
class Answer:
    """What `translate` made of a file: `fault` is what it may not do, empty where all is well."""

    path: Path
    outcome: str
    seconds: float
    fault: str = ""


class _Late(BaseException):
    """Raised in a translation that takes too long; no handler of exceptions stops it."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raises `_Late` when the block takes more processor time."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _Late

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def answer(path: Path, seconds: float) -> Answer:
    """What `translate` makes of a file in some seconds; the table is not part of the time."""
    load_table()
    try:
        source = decode(path.read_bytes())
    except (Refusal, SyntaxError, UnicodeError) as error:
        return Answer(path, "no text", 0.0, "" if str(error) else "no reason")
    start = time.process_time()
    try:
        with _at_most(seconds):
            made = translate(source, filename=str(path))
    except _Late:
        return Answer(path, "late", time.process_time() - start, f"no answer in {seconds:g} s")
    taken = time.process_time() - start
    errors = [found for found in made.diagnostics if found.severity == "error"]
    crashes = [found.message for found in errors if found.code == "PCA699"]
    if crashes:
        return Answer(path, "crash", taken, crashes[0])
    if made.status == "refused" and not errors:
        return Answer(path, made.status, taken, "refused without a reason")
    lines = source.count("\n") + 1
    outside = [found.code for found in errors if not _is_in(found.span.start, lines) or not found.message]
    return Answer(path, made.status, taken, f"{outside[0]} has no place" if outside else "")


def _is_in(place: Position, lines: int) -> bool:
    return 1 <= place.line <= lines + 1


def sweep(paths: Iterable[Path], seconds: float, jobs: int) -> list[Answer]:
    """The answers for files, in their order; faults are told as they are found."""
    listed = list(paths)
    answers = []
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(answer, listed, [seconds] * len(listed), chunksize=4):
            if found.fault:
                print(f"{found.path}: {found.fault}", flush=True)
            answers.append(found)
    return answers


def _installed() -> list[Path]:
    """The standard library, and torch where it is installed."""
    spec = find_spec("torch")
    torch = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    return [Path(sysconfig.get_path("stdlib")), *torch]


def _files(folder: Path) -> list[Path]:
    """The Python files below a folder; other packages that are installed in it are left out."""
    inside = (path for path in folder.rglob("*.py") if path.is_file())
    return sorted(path for path in inside if "site-packages" not in path.relative_to(folder).parts)


def _row(name: str, answers: list[Answer]) -> str:
    """The line of a folder in the table."""
    outcomes = [found.outcome for found in answers]
    times = sorted(found.seconds for found in answers) or [0.0]
    middle, late = times[len(times) // 2], times[len(times) * 99 // 100]
    cells = [name, str(len(answers)), *(str(outcomes.count(outcome)) for outcome in _OUTCOMES)]
    return " | ".join([*cells, f"{middle:.2f}", f"{late:.2f}", f"{times[-1]:.2f}"])


_OUTCOMES = ("translated", "refused", "no text", "crash", "late")


def main() -> int:
    """Print the table, the slowest files, and each fault."""
    parser = argparse.ArgumentParser(prog="file_sweep")
    parser.add_argument("folders", nargs="*", type=Path, default=_installed())
    parser.add_argument("--every", type=int, default=1, help="one file in so many")
    parser.add_argument("--seconds", type=float, default=10.0, help="processor time that a file may take")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    print(" | ".join(["folder", "files", *_OUTCOMES, "median s", "99 % s", "most s"]))
    answers: list[Answer] = []
    for folder in chosen.folders:
        found = sweep(_files(folder)[:: chosen.every], chosen.seconds, chosen.jobs)
        print(_row(str(folder), found), flush=True)
        answers += found
    for slow in sorted(answers, key=lambda found: -found.seconds)[:10]:
        print(f"{slow.seconds:6.2f} s  {slow.path}")
    return 1 if any(found.fault for found in answers) else 0


if __name__ == "__main__":
    sys.exit(main())
