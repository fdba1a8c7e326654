"""The pipeline, one direction: source text to C++ text, a source map and diagnostics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from py2cpp_autograd.diagnostics import Diagnostic
from py2cpp_autograd.span import Position, Span


@dataclass(frozen=True, slots=True)
class Options:
    """How to translate. `cancelled` is polled between passes, so that an editor can give up a stale request."""

    cancelled: Callable[[], bool] = lambda: False


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


def translate(source: str, *, filename: str | None = None, options: Options = Options()) -> Translation:  # noqa: B008
    """Translate `source`; `filename` names the C++ namespace and appears in the C++ header comment."""
    raise NotImplementedError
