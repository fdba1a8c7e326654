"""Diagnostics as text for people, in the manner of rustc and ruff, and as JSON for programs.

    net.py:7:5: error[PCA201] the name `foo` is not defined
      |
    7 | y = foo + x
      |     ^^^
      = help: define the name, or import it

Columns are 1-based here, as compilers print them; in JSON they are 0-based code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from py2cpp_autograd.diagnostics import Diagnostic
from py2cpp_autograd.span import Position, Span

_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB = 4
_WIDTH = 140  # longer source lines are shown as the window around the caret
_STYLES = {"error": "1;31", "warning": "1;33", "bold": "1", "frame": "1;34", "help": "1;36"}


def source_lines(source: str) -> list[str]:
    """The lines of `source` as CPython counts them: form feeds and U+2028 do not end a line."""
    return _LINE_END.split(source)


def paint(text: str, style: str, color: bool) -> str:
    """`text` in one of the styles `error`, `warning`, `bold`, `frame`, `help`, or as it is without colour."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text


def render(diagnostics: Iterable[Diagnostic], source: str, path: str, *, color: bool = False) -> str:
    """All of `diagnostics`, found in `source`, one block each, separated by empty lines."""
    own = source_lines(source)
    return "\n\n".join(_block(found, _lines(found, own), found.path(path), color) for found in diagnostics)


def _lines(found: Diagnostic, own: Sequence[str]) -> Sequence[str]:
    """The lines of the file that a diagnostic is found in."""
    return own if found.elsewhere is None else source_lines(found.elsewhere.text)


def _block(found: Diagnostic, lines: Sequence[str], path: str, color: bool) -> str:
    start = found.span.start
    kind = paint(f"{found.severity}[{found.code}]", found.severity, color)
    place = paint(f"{printable(path)}:{start.line}:{start.column + 1}:", "bold", color)
    head = f"{place} {kind} {paint(printable(found.message), 'bold', color)}"
    gutter = " " * len(str(start.line))
    bar = paint(f"{gutter} |", "frame", color)
    snippet = _snippet(found.span, lines)
    shown = [head]
    if snippet is not None:
        text, carets = snippet
        shown += [bar, f"{paint(f'{start.line} |', 'frame', color)} {text}".rstrip()]
        shown.append(f"{bar} {paint(carets, found.severity, color)}")
    advice = printable(found.help)
    shown.append(f"{paint(f'{gutter} =', 'frame', color)} {paint('help:', 'help', color)} {advice}")
    return "\n".join(shown)


def _snippet(span: Span, lines: Sequence[str]) -> tuple[str, str] | None:
    """The first line of `span` and the carets under it; None when the line is not in the source."""
    if not 1 <= span.start.line <= len(lines):
        return None
    line = lines[span.start.line - 1]
    first = min(span.start.column, len(line))
    last = len(line.rstrip()) if span.end.line > span.start.line else min(span.end.column, len(line))
    cells = _cells(line)
    left = sum(map(_columns, cells[:first]))
    width = max(1, sum(map(_columns, cells[first:last])))
    return _window("".join(cells), left, width)


def _window(text: str, left: int, width: int) -> tuple[str, str]:
    if len(text) <= _WIDTH:
        return text, " " * left + "^" * width
    begin = max(0, min(left - _WIDTH // 3, len(text) - _WIDTH))
    cut = text[begin : begin + _WIDTH]
    prefix = "..." if begin else ""
    suffix = "..." if begin + _WIDTH < len(text) else ""
    offset = len(prefix) + left - begin
    return prefix + cut + suffix, " " * offset + "^" * min(width, len(cut) + len(prefix) - offset)


def _cells(line: str) -> list[str]:
    """What is shown for each character of `line`: tabs become blanks, control characters become harmless."""
    shown: list[str] = []
    column = 0
    for character in line:
        cell = " " * (_TAB - column % _TAB) if character == "\t" else printable(character)
        column += _columns(cell)
        shown.append(cell)
    return shown


def _columns(cell: str) -> int:
    return sum(_character_columns(character) for character in cell)


def _character_columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def printable(text: str) -> str:
    """`text` with what could steer a terminal (escapes, bidirectional marks, line ends) written as escapes."""
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode("ascii")
    return character


def position_json(position: Position) -> dict[str, int]:
    """`{"line": 1-based, "column": 0-based}`."""
    return {"line": position.line, "column": position.column}


def range_json(span: Span) -> dict[str, dict[str, int]]:
    """`{"start": position, "end": position}`."""
    return {"start": position_json(span.start), "end": position_json(span.end)}


def diagnostic_json(found: Diagnostic) -> dict[str, object]:
    """The JSON object of one diagnostic, as every command prints it."""
    elsewhere = {} if found.elsewhere is None else {"path": found.elsewhere.path}
    return elsewhere | {
        "code": found.code,
        "slug": found.slug,
        "severity": found.severity,
        "message": found.message,
        "help": found.help,
        "range": range_json(found.span),
    }
