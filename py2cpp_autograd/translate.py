"""The pipeline, one direction: source text to C++ text, a source map and diagnostics."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from py2cpp_autograd.diagnostics import Diagnostic, Refusal, Report
from py2cpp_autograd.span import FILE_START, Position, Span

if TYPE_CHECKING:
    from py2cpp_autograd.frontend.parse import Source


class Cancelled(Exception):
    """Raised by `translate` when `Options.cancelled` says so."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to translate. `cancelled` is polled between passes, so that an editor can give up a stale request.

    `entry` names functions and classes of the module: they, and what they need, are all that is translated.
    """

    cancelled: Callable[[], bool] = lambda: False
    entry: tuple[str, ...] = ()
    debug: bool = False  # let the translator's own errors out with their traceback


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A range of the C++ text and the range of the Python text that it came from."""

    cpp: Span
    py: Span


@dataclass(frozen=True, slots=True)
class Translation:
    """What `translate` gives: `cpp` and the rest are empty when refused."""

    status: Literal["translated", "refused"]
    diagnostics: tuple[Diagnostic, ...]
    cpp: str = ""
    probed_cpp: str = ""  # `cpp` with recorder lines: what `verify` builds
    namespace: str = ""
    kind: Literal["script", "model"] = "script"
    source_map: tuple[SourceMapping, ...] = ()
    ir: str = ""

    def to_cpp(self, position: Position) -> tuple[Span, ...]:
        """The C++ ranges that came from the Python text at `position`, innermost first."""
        found = [mapping for mapping in self.source_map if mapping.py.contains(position)]
        return tuple(mapping.cpp for mapping in sorted(found, key=lambda mapping: _extent(mapping.py)))

    def to_python(self, position: Position) -> tuple[Span, ...]:
        """The Python ranges that the C++ text at `position` came from, innermost first."""
        found = [mapping for mapping in self.source_map if mapping.cpp.contains(position)]
        return tuple(mapping.py for mapping in sorted(found, key=lambda mapping: _extent(mapping.cpp)))


def _extent(span: Span) -> tuple[int, int]:
    return (span.end.line - span.start.line, span.end.column - span.start.column)


def translate(source: str, *, filename: str | None = None, options: Options | None = None) -> Translation:
    """Translate `source`; `filename` names the C++ namespace and appears in the header comment of the C++.

    Pure and thread-safe; never raises on user code. Imports neither torch nor the program.
    """
    from py2cpp_autograd.frontend.parse import parse, with_stack

    chosen = options or Options()
    report = Report()
    try:
        part = _part(source, chosen.entry, report)
        parsed = None if part is None else parse(part, report)
        if parsed is None:
            return Translation("refused", report.sorted())
        found = with_stack(parsed.depth, lambda: _pipeline(parsed, filename, chosen, report))
        if found.status == "translated" or chosen.entry:
            return found
        return _without_unreached(source, filename, chosen, found)
    except Cancelled:
        raise
    except Exception as error:
        if chosen.debug:
            raise
        report.add("PCA699", FILE_START, f"internal error: {type(error).__name__}: {error}")
        return Translation("refused", report.sorted())


def _without_unreached(source: str, filename: str | None, options: Options, refused: Translation) -> Translation:
    """A script without the definitions that stand in its way, and that it never reaches; else the refusal."""
    from py2cpp_autograd.frontend.parse import parse, with_stack
    from py2cpp_autograd.frontend.unreached import without_unreached

    errors = [found.span for found in refused.diagnostics if found.severity == "error"]
    left = without_unreached(source, errors)
    report = Report()
    parsed = None if left is None else parse(left.source, report)
    if left is None or parsed is None:
        return refused
    for name, span in left.definitions:
        message = f"'{name}' is left out: nothing reaches it, and it has no translation"
        report.add("PCA207", span, message, f"`--entry {name}` tells why")
    made = with_stack(parsed.depth, lambda: _pipeline(parsed, filename, options, report))
    return made if made.status == "translated" else refused


def _part(source: str, entry: tuple[str, ...], report: Report) -> str | None:
    """The part of the source that is asked for; None after reporting that there is none."""
    from py2cpp_autograd.frontend.part import part_of

    try:
        return part_of(source, entry)
    except Refusal as missing:
        report.add("PCA201", FILE_START, str(missing), "name functions and classes of the module")
        return None


def _pipeline(source: Source, filename: str | None, options: Options, report: Report) -> Translation:
    from py2cpp_autograd.backend import generate
    from py2cpp_autograd.frontend.lower.program import lower
    from py2cpp_autograd.frontend.normalize import normalize
    from py2cpp_autograd.ir_check import check
    from py2cpp_autograd.ir_text import text
    from py2cpp_autograd.table.load import load_table

    table = load_table()
    name = os.path.basename(filename) if filename else "program.py"
    _poll(options)
    program = lower(normalize(source), table, report, name)
    if program is None:
        return Translation("refused", report.sorted())
    check(program)
    _poll(options)
    output = generate(program, table, name)
    report.diagnostics.extend(output.diagnostics)
    if report.refused:
        return Translation("refused", report.sorted())
    return Translation(
        "translated",
        report.sorted(),
        output.text,
        output.probed_text,
        output.namespace,
        program.kind,
        tuple(SourceMapping(cpp, py) for cpp, py in output.source_map),
        text(program),
    )


def _poll(options: Options) -> None:
    if options.cancelled():
        raise Cancelled
