"""`py2cpp-autograd translate FILE`: C++ on standard output, diagnostics on standard error. Never imports torch."""

from __future__ import annotations

import difflib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from py2cpp_autograd.cli.source import Source, read_source
from py2cpp_autograd.cli.terminal import Failure, color_option, print_text, use_color, write_atomically
from py2cpp_autograd.diagnostics_text import diagnostic_json, paint, range_json, render
from py2cpp_autograd.translate import SourceMapping, Translation

Emit = Literal["cpp", "ir", "map"]


@dataclass(frozen=True, slots=True)
class Request:
    """The options of one `translate` command."""

    output: str | None
    format: Literal["text", "json"]
    emit: Emit
    check: bool
    diff: bool
    color: str


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("-o", "--output", metavar="OUT", help="Write to OUT instead of standard output, whole or not at all.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--emit", type=click.Choice(["cpp", "ir", "map"]), default="cpp", show_default=True, help="What to show.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when OUT (default: FILE with .cpp) is out of date.")
@click.option("--diff", is_flag=True, help="Write nothing; show how OUT (default: FILE with .cpp) would change.")
@click.option("--entry", metavar="NAME", multiple=True, help="Only this function or class, and what it needs.")
@click.option("--stdin-filename", metavar="NAME", help="The name of the program when FILE is `-`.")
@color_option
def command(
    file: str,
    output: str | None,
    format_: Literal["text", "json"],
    emit: Emit,
    check: bool,
    diff: bool,
    entry: tuple[str, ...],
    stdin_filename: str | None,
    color: str,
) -> None:
    """Translate a Python file to C++.

    Exit status: 0 = translated; 1 = refused (nothing is written), or out of date with --check; 2 = usage or I/O.
    """
    request = Request(output, format_, emit, check, diff, color)
    _reject_contradictions(file, request)
    source = read_source(file, stdin_filename if file == "-" else None)
    translation = source.translate(entry)
    _show_diagnostics(source, translation, request)
    status = refusal_status(translation) or _deliver(file, translation, request)
    if request.format == "json":
        print_text(json.dumps(payload(source.name, translation, emit), indent=2) + "\n")
    sys.exit(status)


def _reject_contradictions(file: str, request: Request) -> None:
    if file == "-" and (request.check or request.diff) and request.output is None:
        raise click.UsageError("--check and --diff of standard input need -o OUT to compare with")
    if request.output is not None and file != "-" and os.path.realpath(file) == os.path.realpath(request.output):
        raise Failure(f"{request.output}: is the input; choose another output file")
    if request.diff and request.format == "json":
        raise click.UsageError("--diff shows text: leave out --format json")


def _show_diagnostics(source: Source, translation: Translation, request: Request) -> None:
    if request.format == "json" or not translation.diagnostics:
        return
    color = use_color(request.color, sys.stderr)
    click.echo(render(translation.diagnostics, source.text, source.name, color=color), err=True, color=color)
    if translation.status == "refused":
        count = sum(found.severity == "error" for found in translation.diagnostics)
        summary = f"{source.name}: refused, {count} error{'s' * (count != 1)}; no C++ was written"
        click.echo("\n" + paint(summary, "bold", color), err=True, color=color)


def _deliver(file: str, translation: Translation, request: Request) -> int:
    """Write, compare or print what was asked for; the exit status."""
    text = emitted(translation, request.emit)
    if request.check or request.diff:
        return _compare(request.output or str(Path(file).with_suffix(".cpp")), text, request)
    if request.output is not None:
        write_atomically(request.output, text)
    elif request.format == "text":
        print_text(text)
    return 0


def _compare(path: str, text: str, request: Request) -> int:
    try:
        old = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        old = ""
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: {error}") from None
    if old == text:
        return 0
    if request.diff:
        lines = difflib.unified_diff(old.splitlines(True), text.splitlines(True), path, f"{path} (translated)")
        print_text("".join(lines))
    if request.check:
        click.echo(f"{path}: is out of date", err=True)
    return int(request.check)


def refusal_status(translation: Translation) -> int:
    """The exit status of a refusal: 1, or 2 where the translator failed; 0 for a translation."""
    if any(found.code == "PCA699" for found in translation.diagnostics):
        return 2
    return int(translation.status == "refused")


def emitted(translation: Translation, emit: Emit) -> str:
    """The text that `--emit` asks for."""
    match emit:
        case "cpp":
            return translation.cpp
        case "ir":
            return translation.ir if translation.ir.endswith("\n") else translation.ir + "\n"
        case "map":
            return json.dumps(_source_map(translation), indent=1) + "\n"


def _source_map(translation: Translation) -> list[dict[str, object]]:
    return [_mapping(one) for one in translation.source_map]


def _mapping(one: SourceMapping) -> dict[str, object]:
    elsewhere = {} if one.path is None else {"path": one.path}
    return {"cpp": range_json(one.cpp), "py": range_json(one.py), **elsewhere}


def payload(path: str, translation: Translation, emit: Emit = "cpp") -> dict[str, object]:
    """The JSON object of `translate --format json`."""
    file: dict[str, object] = {
        "path": path,
        "status": translation.status,
        "diagnostics": [diagnostic_json(found) for found in translation.diagnostics],
        "cpp": translation.cpp,
        "source_map": _source_map(translation),
    }
    if emit == "ir":
        file["ir"] = translation.ir
    return {"schema_version": 1, "files": [file]}
