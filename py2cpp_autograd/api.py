"""The library: `translate` is pure, `verify` runs programs. Refusals are data; user code never makes them raise."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from py2cpp_autograd.diagnostics import CODES, Diagnostic
from py2cpp_autograd.span import Position, Span, utf16_column
from py2cpp_autograd.translate import Cancelled, Options, SourceMapping, Translation, translate

if TYPE_CHECKING:
    from py2cpp_autograd.verify import Verdict, VerifyOptions

__all__ = [
    "CODES",
    "Cancelled",
    "Diagnostic",
    "Options",
    "Position",
    "SourceMapping",
    "Span",
    "Translation",
    "Verdict",
    "VerifyOptions",
    "translate",
    "utf16_column",
    "verify",
]


def verify(paths: Sequence[str | Path], *, options: VerifyOptions | None = None) -> list[Verdict]:
    """Build the C++ of the programs at `paths`, run both sides, and compare every value and gradient; in order.

    This runs the programs, in processes of their own. Raises OSError for a file that cannot be read, and
    `verify.toolchain.ToolchainError` where there is no compiler or no torch.
    """
    from py2cpp_autograd.verify import verify_files

    return verify_files(paths, options)


def __getattr__(name: str) -> object:
    """What only users of `verify` need: translating loads nothing that starts processes."""
    if name not in {"Verdict", "VerifyOptions"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module("py2cpp_autograd.verify"), name)
    return value
