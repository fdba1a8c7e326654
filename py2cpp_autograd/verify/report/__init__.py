"""Reports on verdicts: one pure function for each format, from results to text. What is wrong is in `findings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from py2cpp_autograd.verify.report.as_github import as_github
from py2cpp_autograd.verify.report.as_html import as_html
from py2cpp_autograd.verify.report.as_json import as_json
from py2cpp_autograd.verify.report.as_junit import as_junit
from py2cpp_autograd.verify.report.as_markdown import as_markdown
from py2cpp_autograd.verify.report.as_sarif import as_sarif
from py2cpp_autograd.verify.report.as_text import as_text
from py2cpp_autograd.verify.report.findings import Finding, failed, findings
from py2cpp_autograd.verify.report.results import Results

__all__ = ["Finding", "Format", "Results", "as_text", "failed", "findings", "written"]

Format = Literal["text", "json", "junit", "sarif", "github", "markdown", "html"]

_WRITERS: Mapping[Format, Callable[[Results], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
    "markdown": as_markdown,
    "html": as_html,
}


def written(results: Results, format_: Format) -> str:
    """The report on `results` in one of the formats, without colour."""
    return _WRITERS[format_](results)
