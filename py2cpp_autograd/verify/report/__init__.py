"""Reports on verdicts: one pure function for each format, from results to text. What is wrong is in `findings`."""

from __future__ import annotations

import importlib
from typing import Literal

from py2cpp_autograd.verify.report.findings import Finding, failed, findings
from py2cpp_autograd.verify.report.results import Results

__all__ = ["Finding", "Format", "Results", "failed", "findings", "written"]

#: The formats; the module `as_FORMAT` has the function of this name, and is loaded where the format is asked for.
Format = Literal["text", "json", "junit", "sarif", "github", "markdown", "html"]


def written(results: Results, format_: Format) -> str:
    """The report on `results` in one of the formats, without colour."""
    name = f"as_{format_}"
    text: str = getattr(importlib.import_module(f"{__name__}.{name}"), name)(results)
    return text
