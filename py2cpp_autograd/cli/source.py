"""Python sources as the commands read them: bytes to text, or the diagnostic that says why not."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

from py2cpp_autograd.cli.terminal import read_bytes
from py2cpp_autograd.diagnostics import CODES, Diagnostic
from py2cpp_autograd.span import FILE_START
from py2cpp_autograd.translate import Options, Translation, translate

#: Encodings that show code as it is; `utf-7`, `raw_unicode_escape` and their like can hide it from a reader.
_PLAIN = {"utf-8", "utf-8-sig", "ascii", "us-ascii", "iso-8859-1", "latin-1", "cp1252"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: `name` for messages, `text`, and the diagnostic when it could not be decoded."""

    name: str
    text: str
    problem: Diagnostic | None = None

    def translate(self, options: Options = Options()) -> Translation:
        """The translation of the text; a refusal when it could not be decoded."""
        if self.problem is not None:
            return Translation("refused", (self.problem,))
        return translate(self.text, filename=self.name, options=options)


def read_source(path: str, name: str | None = None) -> Source:
    """The source at `path` (`-` is standard input), called `name` in messages."""
    label = name or ("<stdin>" if path == "-" else path)
    data = read_bytes(path)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if encoding.lower() not in _PLAIN:
            return _undecodable(label, data, f"the encoding {encoding!r} does not show its code as it is")
        return Source(label, data.decode(encoding))
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return _undecodable(label, data, f"the file cannot be decoded: {error}")


def _undecodable(label: str, data: bytes, message: str) -> Source:
    found = Diagnostic("PCA105", message, CODES["PCA105"].help, FILE_START)
    return Source(label, data.decode("utf-8", errors="replace"), found)
