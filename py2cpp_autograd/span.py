"""Source positions: lines are 1-based, columns are 0-based code points, as CPython's `ast` counts lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A place between two characters of a text."""

    line: int
    column: int


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A half-open range of a text, `start` included and `end` excluded."""

    start: Position
    end: Position

    @staticmethod
    def of(line: int, column: int, end_line: int, end_column: int) -> Span:
        """The span from (line, column) to (end_line, end_column)."""
        return Span(Position(line, column), Position(end_line, end_column))

    def contains(self, position: Position) -> bool:
        """Whether `position` lies in the span; an empty span contains its own start."""
        return self.start <= position < self.end or position == self.start


#: The start of a file, for what has no better place.
FILE_START = Span.of(1, 0, 1, 0)


def utf16_column(line: str, column: int) -> int:
    """The column of an LSP client (UTF-16 code units) for a column in code points of `line`."""
    return len(line[:column].encode("utf-16-le")) // 2
