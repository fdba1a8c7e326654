"""The library: `translate` is pure, `verify` runs programs. Refusals are data; user code never makes them raise."""

from __future__ import annotations

from py2cpp_autograd.diagnostics import CODES, Diagnostic
from py2cpp_autograd.span import Position, Span, utf16_column
from py2cpp_autograd.translate import Cancelled, Options, SourceMapping, Translation, translate

__all__ = [
    "CODES",
    "Cancelled",
    "Diagnostic",
    "Options",
    "Position",
    "SourceMapping",
    "Span",
    "Translation",
    "translate",
    "utf16_column",
]
