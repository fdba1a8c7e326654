"""The report for GitHub Actions: a workflow command for each finding, which GitHub shows at the line of the diff."""

from __future__ import annotations

from py2cpp_autograd.diagnostics_text import printable
from py2cpp_autograd.verify.report.findings import Finding
from py2cpp_autograd.verify.report.results import Results


def as_github(results: Results) -> str:
    """The report as workflow commands; nothing when nothing is wrong."""
    return "".join(_command(verdict.path, finding) for verdict, found in results for finding in found)


def _command(path: str, finding: Finding) -> str:
    found = finding.diagnostic
    properties = {
        "file": printable(found.path(path)),
        "line": str(found.span.start.line),
        "col": str(found.span.start.column + 1),
        "title": found.code,
    }
    where = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{found.severity} {where}::{_data(chr(10).join(finding.lines))}\n"


def _data(text: str) -> str:
    """Text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Text as the value of a property of a command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
