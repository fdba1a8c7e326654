"""C++ spellings of constants and comments that mean exactly what Python's text means."""

from __future__ import annotations

import math
import re

_INT64_MIN = -(2**63)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def int_literal(value: int) -> str:
    """An int64 literal; the smallest int64 has no literal of its own."""
    if value == _INT64_MIN:
        return "std::numeric_limits<int64_t>::min()"
    return str(value)


def float_literal(value: float) -> str:
    """A double literal that reads back to the same bits."""
    if math.isnan(value):
        return "std::numeric_limits<double>::quiet_NaN()"
    if math.isinf(value):
        return ("-" if value < 0 else "") + "std::numeric_limits<double>::infinity()"
    return repr(value)


def string_literal(value: str) -> str:
    """A string literal in UTF-8: octal escapes of three digits, which do not run on; sized if it holds NUL.

    No two question marks stand side by side: some compilers warn of trigraphs.
    """
    text = "".join(_character(character) for character in value)
    text = re.sub(r"\?(?=\?)", r"?\\", text)
    if "\0" in value:
        return f'std::string("{text}", {len(value.encode())})'
    return f'"{text}"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode())


def comment_lines(text: str) -> list[str]:
    """`//` lines for a comment: none ends in a backslash, none holds another line end."""
    lines = []
    for line in text.replace("\r", "\n").replace("\f", "\n").split("\n"):
        shown = "".join(character if character.isprintable() or character == "\t" else " " for character in line)
        shown = shown.rstrip()
        if shown.endswith(("\\", "??/")):
            shown += " ."
        lines.append(f"// {shown}".rstrip())
    return lines
