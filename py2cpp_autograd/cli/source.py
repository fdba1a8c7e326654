"""Python sources as the commands read them: bytes to text, or the diagnostic that says why not."""

from __future__ import annotations

import os
from dataclasses import dataclass

from py2cpp_autograd.cli.terminal import read_bytes
from py2cpp_autograd.decode import decode
from py2cpp_autograd.diagnostics import CODES, Diagnostic, Refusal
from py2cpp_autograd.siblings import ALONE, Siblings, read_siblings
from py2cpp_autograd.span import FILE_START
from py2cpp_autograd.translate import Options, Translation, translate


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: `name` for messages, `text`, and the diagnostic when it could not be decoded."""

    name: str
    text: str
    problem: Diagnostic | None = None
    siblings: Siblings = ALONE

    def translate(self, entry: tuple[str, ...] = ()) -> Translation:
        """The translation of the text, or of what `entry` needs of it; a refusal when it could not be decoded."""
        if self.problem is not None:
            return Translation("refused", (self.problem,))
        debug = os.environ.get("PY2CPP_DEBUG") == "1"
        options = Options(entry=entry, siblings=self.siblings, debug=debug)
        return translate(self.text, filename=self.name, options=options)


def read_source(path: str, name: str | None = None) -> Source:
    """The source at `path` (`-` is standard input), called `name` in messages."""
    label = name or ("<stdin>" if path == "-" else path)
    data = read_bytes(path)
    try:
        text = decode(data)
        return Source(label, text, siblings=read_siblings("" if path == "-" else path, text))
    except Refusal as error:
        found = Diagnostic("PCA105", str(error), CODES["PCA105"].help, FILE_START)
        return Source(label, data.decode("utf-8", errors="replace"), found)
