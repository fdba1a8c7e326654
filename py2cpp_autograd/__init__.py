"""py2cpp_autograd: Python autograd code to LibTorch C++, with the proof that both compute the same gradients.

    from py2cpp_autograd import translate
    translation = translate("import torch\\nx = torch.ones(2, requires_grad=True)\\n")

`translate` is pure and never imports torch; `verify` builds and runs programs. The names of `api` are here,
loaded at their first use, so that the command line starts at once.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py2cpp_autograd.api import (
        CODES,
        Cancelled,
        Diagnostic,
        Options,
        Position,
        SourceMapping,
        Span,
        Translation,
        Verdict,
        VerifyOptions,
        translate,
        utf16_column,
        verify,
    )

__version__ = "0.1.0"

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
    "__version__",
    "translate",
    "utf16_column",
    "verify",
]


def __getattr__(name: str) -> object:
    """A public name, from `api`."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from py2cpp_autograd import api

    value: object = getattr(api, name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """This module's class. Importing the submodules `translate` and `verify` must not hide the functions."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in __all__ and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
