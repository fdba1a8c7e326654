"""`py2cpp-autograd check`: the verb for CI. Verifies the programs that changed, and the committed translations."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from py2cpp_autograd.cli.project import Project, find_programs, find_project
from py2cpp_autograd.cli.source import read_source
from py2cpp_autograd.cli.terminal import Failure, color_option
from py2cpp_autograd.cli.verdicts import deliver, exit_status, verified_if_changed
from py2cpp_autograd.cli.verify_command import FORMATS
from py2cpp_autograd.diagnostics import Diagnostic
from py2cpp_autograd.span import FILE_START
from py2cpp_autograd.verify import VerifyOptions
from py2cpp_autograd.verify.report import Format
from py2cpp_autograd.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class _Work:
    """A project and those of its programs to check, as they are called in reports."""

    project: Project
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Limits:
    """The options of verification."""

    jobs: int | None
    timeout: float
    everything: bool


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", metavar="F", help="Write the report to F instead of standard output.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="Compilations at once; default: all cores.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="In seconds.")
@click.option("--all", "everything", is_flag=True, help="Verify the programs that did not change too.")
@color_option
def command(
    paths: tuple[str, ...],
    format_: Format,
    output: str | None,
    jobs: int | None,
    timeout: float,
    everything: bool,
    color: str,
) -> None:
    """Verify what changed among a project's programs, or under PATHS. This runs the programs: trust them.

    Exit status: 0 = every program matches; 1 = one does not, or committed C++ is out of date; 2 = no programs, usage,
    or no compiler or torch.
    """
    verdicts: list[Verdict] = []
    unchanged: set[str] = set()
    for work in _found(paths):
        recalled, new = _checked(work, _Limits(jobs, timeout, everything))
        unchanged |= recalled.keys()
        known = recalled | {verdict.path: verdict for verdict in new}
        verdicts += (_with_committed_cpp(known[name], work.project) for name in work.names)
    deliver(verdicts, format_, output, color, unchanged)
    sys.exit(exit_status(verdicts))


def _found(paths: Sequence[str]) -> list[_Work]:
    """The programs by project. A path without programs is an error: a check of nothing proves nothing."""
    found: dict[Path, _Work] = {}
    seen: set[str] = set()
    for path in paths or (".",):
        start = Path(path)
        project = find_project(start if start.is_dir() else start.parent)
        programs = [_name(program) for program in find_programs(paths and [path], project)]
        if not programs:
            raise Failure(f"no programs: nothing under {start.resolve()} is to be checked")
        work = found.setdefault(project.root, _Work(project))
        work.names.extend(name for name in programs if name not in seen)
        seen.update(programs)
    return list(found.values())


def _name(program: Path) -> str:
    """A path as reports show it: from the current folder where it lies in it."""
    folder = Path.cwd().resolve()
    return str(program.relative_to(folder) if program.is_relative_to(folder) else program)


def _checked(work: _Work, limits: _Limits) -> tuple[dict[str, Verdict], list[Verdict]]:
    """The matches that are remembered, and the verdicts on all others, which are remembered from now on."""
    options = VerifyOptions(seed=work.project.seed, jobs=limits.jobs, timeout=limits.timeout)
    return verified_if_changed(work.names, options, limits.everything)


def _with_committed_cpp(verdict: Verdict, project: Project) -> Verdict:
    """The verdict, with PCA602 where the project has a translation of the program that is not today's."""
    committed = project.counterpart(Path(verdict.path).resolve())
    if committed is None or verdict.status == "refused":
        return verdict
    expected = read_source(verdict.path).translate().cpp
    try:
        current = committed.read_bytes() == expected.encode("utf-8")
    except OSError:
        current = False
    if current:
        return verdict
    name = _name(Path(os.path.abspath(committed)))
    advice = f"run: {shlex.join(['py2cpp-autograd', 'translate', verdict.path, '-o', name])}"
    found = Diagnostic("PCA602", f"{name} is out of date", advice, FILE_START)
    return replace(verdict, diagnostics=(*verdict.diagnostics, found))
