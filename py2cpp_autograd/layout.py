"""Several files as one text: the lines of a program's own file first, then those of the modules that it imports."""

from __future__ import annotations

from dataclasses import dataclass

from py2cpp_autograd.span import Position, Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """The lines of one module: its path, dotted name, the number of lines before its first one, and its docstring."""

    path: str
    module: str
    before: int
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the modules that a file imports stand; none for a file that imports none of its project."""

    stretches: tuple[Stretch, ...] = ()

    def stretch_of(self, line: int) -> Stretch | None:
        """The module that a line belongs to; None for the file's own."""
        found = [one for one in self.stretches if one.before < line]
        return found[-1] if found else None

    def is_own(self, line: int) -> bool:
        """Whether a line is one of the file's own."""
        return self.stretch_of(line) is None

    def place(self, span: Span) -> tuple[str | None, Span]:
        """The path of the module that a span lies in, None for the file's own, and the span in that module."""
        found = self.stretch_of(span.start.line)
        return (None, span) if found is None else (found.path, moved(span, -found.before))


def moved(span: Span, lines: int) -> Span:
    """The span some lines further down."""
    start, end = span.start, span.end
    return Span(Position(start.line + lines, start.column), Position(end.line + lines, end.column))


#: Of a file that imports no module of its project.
SINGLE = Layout()
