"""Bytes of a Python file to its text."""

from __future__ import annotations

import tokenize
from io import BytesIO

from py2cpp_autograd.diagnostics import Refusal

_ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii", "us-ascii", "latin-1", "iso-8859-1", "cp1252", "windows-1252"})


def decode(data: bytes) -> str:
    """The text of a Python file.

    Raises Refusal with a message: the encoding is not one that shows code as it is, or the bytes are not in it.
    """
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    except (SyntaxError, LookupError) as error:
        raise Refusal(str(error)) from None
    if encoding.lower() not in _ENCODINGS:
        raise Refusal(f"encoding {encoding!r} can hide code; only UTF-8, ASCII, Latin-1 and cp1252 are read")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refusal(f"the file is not {encoding}: {error.reason} at byte {error.start}") from None
