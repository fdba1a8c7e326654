"""What verifying one program found, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from py2cpp_autograd.diagnostics import Diagnostic

Status = Literal["match", "mismatch", "refused", "python_error", "build_error", "cpp_error", "timeout"]

#: The detail of a program that cannot be a match because it leaves nothing to compare.
NOTHING_COMPARED = "the program leaves no value or gradient to compare"

#: What kind of thing differs.
MismatchKind = Literal["value", "gradient", "presence", "metadata", "outcome", "event"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference: where, what, both sides' values as short texts, and the Python line that it is about."""

    path: str
    kind: MismatchKind
    python: str
    cpp: str
    max_abs: float | None = None
    max_ulp: int | None = None
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON report; JSON has no number for an infinite difference."""
        return {
            "path": self.path,
            "kind": self.kind,
            "python": self.python,
            "cpp": self.cpp,
            "max_abs": self.max_abs if self.max_abs is None or math.isfinite(self.max_abs) else None,
            "max_ulp": self.max_ulp,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first statement whose result differs: its lines in Python and in C++, the element, and both sides' values."""

    line: int
    path: str
    python: str
    cpp: str
    max_ulp: int | None = None
    cpp_line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON report."""
        return {
            "line": self.line,
            "cpp_line": self.cpp_line,
            "path": self.path,
            "python": self.python,
            "cpp": self.cpp,
            "max_ulp": self.max_ulp,
        }


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall seconds of each step; the build is that of the batch the program was in."""

    translate: float = 0.0
    build: float = 0.0
    run_python: float = 0.0
    run_cpp: float = 0.0

    def to_json(self) -> dict[str, float]:
        """The entry of the JSON report."""
        return {
            "translate": round(self.translate, 4),
            "build": round(self.build, 4),
            "run_python": round(self.run_python, 4),
            "run_cpp": round(self.run_cpp, 4),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one program. `detail` is the error message where a side or the build failed, `line` its place.

    `isolation` names the layers that kept both sides from the machine, as `isolation.LAYERS` does.
    """

    path: str
    status: Status
    diagnostics: tuple[Diagnostic, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    values: int = 0
    gradients: int = 0
    max_ulp: int = 0
    first_divergence: int | None = None
    detail: str = ""
    line: int | None = None
    divergence: Divergence | None = None
    timings: Timings = field(default_factory=Timings)
    isolation: tuple[str, ...] = ()

    @property
    def bitwise(self) -> bool:
        """Whether everything that was compared is equal bit for bit."""
        return self.status == "match" and self.max_ulp == 0

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON report; the diagnostics are added by the caller, which knows their format."""
        return {
            "path": self.path,
            "status": self.status,
            "bitwise": self.bitwise,
            "max_ulp": self.max_ulp,
            "compared": {"values": self.values, "gradients": self.gradients},
            "mismatches": [mismatch.to_json() for mismatch in self.mismatches],
            "first_divergence": self.first_divergence,
            "divergence": None if self.divergence is None else self.divergence.to_json(),
            "detail": self.detail,
            "isolation": list(self.isolation),
            "timings": self.timings.to_json(),
        }
