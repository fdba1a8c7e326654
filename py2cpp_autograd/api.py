"""The library: `translate` is pure, `verify` runs programs. Refusals are data; user code never makes them raise."""

from __future__ import annotations

from py2cpp_autograd.translate import Options, SourceMapping, Translation, translate

__all__ = ["Options", "SourceMapping", "Translation", "translate"]
