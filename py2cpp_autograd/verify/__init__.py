"""Builds the C++ of programs against LibTorch, runs both sides, and compares every value and gradient bit for bit.

The only importer of torch and subprocess. User code runs in child processes with limits, never in this one. The names
below are loaded at their first use: what is remembered is answered without loading the translator.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py2cpp_autograd.verify.options import Program, VerifyOptions
    from py2cpp_autograd.verify.run import Session, compile_units, verify_files, verify_programs
    from py2cpp_autograd.verify.verdict import Mismatch, Verdict

__all__ = [
    "Mismatch",
    "Program",
    "Session",
    "Verdict",
    "VerifyOptions",
    "compile_units",
    "verify_files",
    "verify_programs",
]

_MODULES = {"Mismatch": "verdict", "Program": "options", "Verdict": "verdict", "VerifyOptions": "options"}


def __getattr__(name: str) -> object:
    """A public name, from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'run')}")
    value: object = getattr(module, name)
    globals()[name] = value
    return value
