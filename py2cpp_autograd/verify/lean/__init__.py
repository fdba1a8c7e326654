"""Lean headers: LibTorch's own headers without the bodies of their inline functions, which are compiled once.

A compiler that loads `<torch/torch.h>` precompiled still instantiates, in every translation unit, all templates that
the bodies of inline functions use: 5 of the 5.5 CPU seconds that g++ takes for a small program. Lean headers are made
from the headers of the installed LibTorch on the machine (nothing of them is shipped): each body becomes a `;`, and a
library holds the functions. Types, layouts, overloads and default arguments are those of the real headers.
"""

from py2cpp_autograd.verify.lean.headers import (
    AS_THEY_ARE,
    Headers,
    full_headers,
    headers_for,
    lean_name,
    ready_headers,
)

__all__ = ["AS_THEY_ARE", "Headers", "full_headers", "headers_for", "lean_name", "ready_headers"]
