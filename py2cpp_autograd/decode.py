"""Bytes of a Python file to its text."""

from __future__ import annotations

import codecs
import tokenize
from io import BytesIO

from py2cpp_autograd.diagnostics import Refusal

#: As the codecs name themselves: a file may use any alias (utf8, latin1, windows-1252).
_ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii", "iso8859-1", "cp1252"})


def decode(data: bytes) -> str:
    """The text of a Python file.

    Raises Refusal with a message: the encoding is not one that shows code as it is, or the bytes are not in it.
    """
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    except (SyntaxError, LookupError) as error:
        raise Refusal(str(error)) from None
    if codecs.lookup(encoding).name not in _ENCODINGS:
        raise Refusal(f"encoding {encoding!r} can hide code; only UTF-8, ASCII, Latin-1 and cp1252 are read")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refusal(f"the file is not {encoding}: {error.reason} at byte {error.start}") from None
