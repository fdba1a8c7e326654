"""`py2cpp-autograd verify FILE...`: build the C++, run both sides, compare every value and gradient."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import click

from py2cpp_autograd.cli.terminal import Failure, color_option, read_bytes
from py2cpp_autograd.cli.verdicts import Format, deliver, exit_status, verified, verified_if_changed
from py2cpp_autograd.verify.options import VerifyOptions

FORMATS = get_args(Format)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", metavar="F", help="Write the report to F instead of standard output.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="The seed of both sides.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="Compilations at once; default: all cores.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="In seconds.")
@click.option("--cpp", metavar="FILE", help="Verify this C++ written by hand instead of a translation.")
@click.option("--full-headers", is_flag=True, help="Build against <torch/torch.h> as it is: slower, and for doubters.")
@click.option("--thorough", is_flag=True, help="Run scripts with more seeds; models with more inputs, to second order.")
@click.option("--entry", metavar="NAME", multiple=True, help="Only this function or class, and what it needs.")
@click.option("--anew", is_flag=True, help="Verify programs again that have not changed since they matched.")
@color_option
def command(
    files: tuple[str, ...],
    format_: Format,
    output: str | None,
    seed: int,
    jobs: int | None,
    timeout: float,
    cpp: str | None,
    full_headers: bool,
    thorough: bool,
    entry: tuple[str, ...],
    anew: bool,
    color: str,
) -> None:
    """Build the C++, run both sides and compare every value and gradient. This runs the programs: trust them.

    Exit status: 0 = every file matches; 1 = one does not; 2 = usage, or no compiler or torch.
    """
    if cpp is not None and len(files) != 1:
        raise click.UsageError("--cpp takes the counterpart of one file")
    for path in (*files, *([cpp] if cpp else [])):
        _readable(path)
    options = VerifyOptions(
        seed=seed, jobs=jobs, timeout=timeout, full_headers=full_headers, thorough=thorough, entry=entry
    )
    if cpp is not None or entry:
        verdicts = verified([Path(path) for path in files], options, None if cpp is None else Path(cpp))
    else:
        known, new = verified_if_changed(files, options, everything=anew or full_headers or thorough)
        found = known | {verdict.path: verdict for verdict in new}
        verdicts = [found[path] for path in files]
    deliver(verdicts, format_, output, color)
    sys.exit(exit_status(verdicts))


def _readable(path: str) -> None:
    """Fail with a clear message, before anything is built, when a file cannot be read."""
    if path == "-":
        raise Failure("-: standard input cannot be verified; give a file")
    read_bytes(path)
