"""The report for job summaries and pull requests: a Markdown table, and what is wrong below it."""

from __future__ import annotations

import re

from py2cpp_autograd.diagnostics_text import printable
from py2cpp_autograd.verify.report.findings import Finding, failed
from py2cpp_autograd.verify.report.results import Results, equality, seconds
from py2cpp_autograd.verify.verdict import Verdict

_HEAD = "| | program | status | values | gradients | equality | seconds |\n|---|---|---|---:|---:|---|---:|\n"
_SPECIAL = re.compile(r"[!#$&()*<>@\[\\\]^_`{|}~]")


def as_markdown(results: Results) -> str:
    """The report as Markdown."""
    rows = [_row(verdict, results.label(verdict)) for verdict in results.verdicts]
    problems = [_problem(verdict.path, finding) for verdict, found in results for finding in found]
    parts = [f"**{results.summary()}**\n", _HEAD + "".join(rows), "".join(problems)]
    return "\n".join(part for part in parts if part)


def _row(verdict: Verdict, label: str) -> str:
    mark = "❌" if failed(verdict) else "✅"
    numbers = f"{verdict.values} | {verdict.gradients} | {equality(verdict)} | {seconds(verdict):.1f}"
    return f"| {mark} | {_text(printable(verdict.path))} | {label} | {numbers} |\n"


def _problem(path: str, finding: Finding) -> str:
    start = finding.diagnostic.span.start
    place = f":{start.line}:{start.column + 1}" if finding.is_placed else ""
    first, *notes = map(_text, finding.lines)
    below = "".join(f"  - {note}\n" for note in notes)
    return f"- {_text(printable(finding.diagnostic.path(path)))}{place} **{finding.diagnostic.code}** {first}\n{below}"


def _text(text: str) -> str:
    """Text in which neither Markdown nor HTML finds anything special."""
    return _SPECIAL.sub(r"\\\g<0>", text)
