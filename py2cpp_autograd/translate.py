"""The pipeline, one direction: source text to C++ text, a source map and diagnostics."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from py2cpp_autograd.diagnostics import Diagnostic, Elsewhere, Refusal, Report
from py2cpp_autograd.diagnostics_text import source_lines
from py2cpp_autograd.siblings import ALONE, Siblings, names_in
from py2cpp_autograd.span import FILE_START, Position, Span

if TYPE_CHECKING:
    from py2cpp_autograd.frontend.parse import Source
    from py2cpp_autograd.layout import Layout


class Cancelled(Exception):
    """Raised by `translate` when `Options.cancelled` says so."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to translate. `cancelled` is polled between passes, so that an editor can give up a stale request.

    `entry` names functions and classes of the module: they, and what they need, are all that is translated.
    """

    cancelled: Callable[[], bool] = lambda: False
    entry: tuple[str, ...] = ()
    siblings: Siblings = ALONE  # the project's files that `source` may import
    traced: bool = False  # the recorder lines of `probed_cpp` stand in functions, too
    debug: bool = False  # let the translator's own errors out with their traceback


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A range of the C++ text and the range of the Python text that it came from."""

    cpp: Span
    py: Span
    path: str | None = None  # of the Python text, where it is a module that the file imports


@dataclass(frozen=True, slots=True)
class Translation:
    """What `translate` gives: `cpp` and the rest are empty when refused."""

    status: Literal["translated", "refused"]
    diagnostics: tuple[Diagnostic, ...]
    cpp: str = ""
    probed_cpp: str = ""  # `cpp` with recorder lines: what `verify` builds
    namespaces: tuple[str, ...] = ()  # of the C++: the file's own first
    kind: Literal["script", "model"] = "script"
    source_map: tuple[SourceMapping, ...] = ()
    ir: str = ""

    @property
    def namespace(self) -> str:
        """The namespace of the file itself; empty when refused."""
        return self.namespaces[0] if self.namespaces else ""

    def to_cpp(self, position: Position) -> tuple[Span, ...]:
        """The C++ ranges that came from the Python text at `position`, innermost first."""
        own = (mapping for mapping in self.source_map if mapping.path is None)
        found = [mapping for mapping in own if mapping.py.contains(position)]
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
        found = with_stack(parsed.depth, lambda: _whole(parsed, filename, chosen, report))
        return found if found.status == "translated" else _without_idle(source, filename, chosen, found)
    except Cancelled:
        raise
    except RecursionError:
        report.add("PCA106", FILE_START, "too many functions call each other in a row", "let a loop call them")
        return Translation("refused", report.sorted())
    except Exception as error:
        if chosen.debug:
            raise
        report.add("PCA699", FILE_START, f"internal error: {type(error).__name__}: {error}")
        return Translation("refused", report.sorted())


def _whole(source: Source, filename: str | None, options: Options, report: Report) -> Translation:
    """The translation of a file with the modules of its project that it imports."""
    siblings = options.siblings
    if not siblings:
        return _pipeline(source, filename, options, report)
    from py2cpp_autograd.frontend.link import Linking
    from py2cpp_autograd.frontend.parse import MAX_DEPTH, with_stack

    linking = Linking(siblings.texts, siblings.problems, report)
    linked = with_stack(MAX_DEPTH, lambda: linking.link(source, siblings.package))
    if linked is None:
        return _placed(Translation("refused", report.sorted()), linking.layout, siblings)
    made = with_stack(linked.depth, lambda: _pipeline(linked, filename, options, report))
    return _placed(made, linking.layout, siblings)


def _placed(made: Translation, layout: Layout, siblings: Siblings) -> Translation:
    """A translation of several files in one, with what it says about each placed there."""

    report = Report()
    for found in made.diagnostics:
        path, span = layout.place(found.span)
        elsewhere = None if path is None else Elsewhere(siblings.shown(path), siblings.texts.get(path, ""))
        report.diagnostics.append(replace(found, span=span, elsewhere=elsewhere))
    mapping = []
    for one in made.source_map:
        path, span = layout.place(one.py)
        mapping.append(SourceMapping(one.cpp, span, None if path is None else siblings.shown(path)))
    return replace(made, diagnostics=report.sorted(), source_map=tuple(mapping))


_IN_CPP = "the C++ raises an error there"


#: How often what is left is looked at again: an error may hide those in other blocks.
_LOOKS = 4


def _without_idle(source: str, filename: str | None, options: Options, refused: Translation) -> Translation:
    """The file and its modules without what is in the way, and never runs; else the refusal."""
    from py2cpp_autograd.frontend.parse import parse, with_stack

    left, report, found = _Left(source, options.siblings), Report(), refused
    for _ in range(_LOOKS):
        part = _part(left.source, options.entry, Report()) if _leave_out(left, found, options, report) else None
        parsed = None if part is None else parse(part, Report())
        if parsed is None:
            return refused
        chosen = replace(options, siblings=left.siblings)
        found = with_stack(parsed.depth, partial(_whole, parsed, filename, chosen, Report()))
        if found.status == "translated":
            report.diagnostics.extend(found.diagnostics)
            return replace(found, diagnostics=report.sorted(), source_map=_clipped(found.source_map, source))
    return refused


def _clipped(source_map: Sequence[SourceMapping], source: str) -> tuple[SourceMapping, ...]:
    """The source map in the lines of the source: what stands where a part was left out may be longer."""
    lines = source_lines(source)

    def clipped(position: Position) -> Position:
        return Position(position.line, min(position.column, len(lines[position.line - 1])))

    own = (one.py if one.path is not None else Span(clipped(one.py.start), clipped(one.py.end)) for one in source_map)
    return tuple(replace(one, py=py) for one, py in zip(source_map, own, strict=True))


def _leave_out(left: _Left, refused: Translation, options: Options, report: Report) -> bool:
    """Take what has errors in it, and never runs, from what is left; whether there is no other error."""
    from py2cpp_autograd.frontend.dormant import without_dormant
    from py2cpp_autograd.frontend.unreached import without_unreached
    from py2cpp_autograd.table.load import load_table

    errors: dict[str | None, list[Span]] = {}
    for found in refused.diagnostics:
        if found.severity == "error":
            path = None if found.elsewhere is None else found.elsewhere.path
            errors.setdefault(path, []).append(found.span)
    for path, spans in errors.items():
        elsewhere = None if path is None else Elsewhere(path, options.siblings.text_at(path))
        awake = without_dormant(left.text(path), spans, load_table())
        left.replace(path, awake.source)
        for span in awake.blocks:
            message = "this is left out: nothing here makes it run, and it has no translation"
            report.diagnostics.append(Diagnostic("PCA207", message, _IN_CPP, span, elsewhere))
        if not awake.left:
            continue
        if path is None and options.entry:
            return False  # all of it was asked for
        table = None if left.siblings else load_table()
        made = without_unreached(left.text(path), awake.left, left.named_outside(path), table)
        if made is None:
            return False
        left.replace(path, made.source)
        for name, span in made.definitions:
            message = f"'{name}' is left out: nothing reaches it, and it has no translation"
            advice = f"`--entry {name.partition('.')[0]}` tells why"
            report.diagnostics.append(Diagnostic("PCA207", message, advice, span, elsewhere))
    return True


@dataclass
class _Left:
    """What is left of a file and its modules; paths are as messages show them, None that of the file."""

    source: str
    siblings: Siblings

    def text(self, path: str | None) -> str:
        """The text of one of them."""
        return self.source if path is None else self.siblings.text_at(path)

    def replace(self, path: str | None, text: str) -> None:
        """Take another text for one of them."""
        if path is None:
            self.source = text
        else:
            self.siblings = self.siblings.with_text(path, text)

    def named_outside(self, path: str | None) -> frozenset[str] | None:
        """The names that the others have in them, for a module; None for the file, which nothing imports."""
        if path is None:
            return None
        texts = (text for name, text in self.siblings.texts.items() if self.siblings.shown(name) != path)
        return frozenset(name for text in (self.source, *texts) for name in names_in(text))


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
    program = lower(normalize(source, table, report), table, report, name)
    if program is None:
        return Translation("refused", report.sorted())
    check(program)
    _poll(options)
    output = generate(program, table, name, options.traced)
    report.diagnostics.extend(output.diagnostics)
    if report.refused:
        return Translation("refused", report.sorted())
    return Translation(
        "translated",
        report.sorted(),
        output.text,
        output.probed_text,
        output.namespaces,
        program.kind,
        tuple(SourceMapping(cpp, py) for cpp, py in output.source_map),
        text(program),
    )


def _poll(options: Options) -> None:
    if options.cancelled():
        raise Cancelled
