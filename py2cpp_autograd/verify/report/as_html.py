"""The report to open in a browser: one page without scripts or links, from a jinja2 template."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from py2cpp_autograd.diagnostics_text import printable, source_lines
from py2cpp_autograd.verify.report.findings import Finding, failed
from py2cpp_autograd.verify.report.results import Results, equality, seconds

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parents[1] / "templates"


def as_html(results: Results) -> str:
    """The report as a page."""
    programs = [
        {
            "path": printable(verdict.path),
            "status": results.label(verdict),
            "failed": failed(verdict),
            "values": verdict.values,
            "gradients": verdict.gradients,
            "equality": equality(verdict),
            "seconds": f"{seconds(verdict):.1f}",
            "findings": [_shown(finding, results.source(verdict)) for finding in found],
        }
        for verdict, found in results
    ]
    return _template().render(programs=programs, summary=results.summary(), version=results.version)


def _shown(finding: Finding, source: str) -> dict[str, object]:
    """A finding with the source line that it is about."""
    line = finding.diagnostic.span.start.line if finding.is_placed else None
    elsewhere = finding.diagnostic.elsewhere
    lines = source_lines(source if elsewhere is None else elsewhere.text)
    known = line is not None and line <= len(lines)
    return {
        "code": finding.diagnostic.code,
        "message": finding.message,
        "notes": finding.lines[1:],
        "help": printable(finding.diagnostic.help),
        "line": line if elsewhere is None else f"{printable(elsewhere.path)}:{line}",
        "text": printable(lines[line - 1].expandtabs(4)) if line is not None and known else "",
    }


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.jinja")
