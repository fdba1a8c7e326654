"""The report for people: a line for each program, what is wrong below it in the manner of rustc, and the sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from py2cpp_autograd.diagnostics_text import paint, printable, render
from py2cpp_autograd.verify.report.findings import Finding, failed
from py2cpp_autograd.verify.report.results import Results, compared, counted, seconds
from py2cpp_autograd.verify.verdict import Verdict

#: Differences of one program that are shown; one wrong gradient makes all that follow it wrong.
_SHOWN = 8


def as_text(results: Results, color: bool = False) -> str:
    """The report as text; programs that did not change and have nothing wrong are only counted."""
    blocks: list[str] = []
    for verdict, found in results:
        if found or verdict.path not in results.unchanged:
            blocks.append(_headline(verdict, results.label(verdict), color))
            blocks += _details(verdict, found, results.source(verdict), color)
    worst = any(failed(verdict) for verdict in results.verdicts)
    blocks.append(paint(results.summary(), "error" if worst else "bold", color))
    blocks += [results.isolation()] if results.isolation() else []
    return "\n".join(blocks) + "\n"


def _headline(verdict: Verdict, label: str, color: bool) -> str:
    status = paint(label, "error" if failed(verdict) else "help", color)
    taken = f"{seconds(verdict):.1f} s"
    note = printable(verdict.detail.partition("\n")[0]) if verdict.status == "match" else ""
    rest = [part for part in (status, compared(verdict), note, taken) if part]
    return f"{paint(printable(verdict.path), 'bold', color)}: {', '.join(rest)}"


def _details(verdict: Verdict, found: Sequence[Finding], source: str, color: bool) -> Iterator[str]:
    """Everything of a refusal, the first differences of a mismatch, by place and code; empty lines around each."""
    shown = found if verdict.status == "refused" else found[:_SHOWN]
    for _, group in groupby(shown, key=lambda one: (one.diagnostic.path(""), one.diagnostic.span, one.diagnostic.code)):
        yield f"\n{_block(list(group), source, verdict.path, color)}"
    if len(shown) < len(found):
        yield f"\n... and {counted(len(found) - len(shown), 'more difference')}; --format json lists all"
    if found:
        yield ""


def _block(group: Sequence[Finding], source: str, path: str, color: bool) -> str:
    """The first diagnostic of a group, with its notes and those of the others right above its help."""
    finding = group[0]
    notes = [*finding.lines[1:], *(line for other in group[1:] for line in other.lines)]
    if finding.is_placed:
        *above, advice = render([finding.diagnostic], source, path, color=color).split("\n")
    else:
        above, advice = _without_place(finding, path, color)
    gutter = " " * len(str(finding.diagnostic.span.start.line))
    equals = paint(f"{gutter} =", "frame", color)
    return "\n".join([*above, *(f"{equals} {note}" for note in notes), advice])


def _without_place(finding: Finding, path: str, color: bool) -> tuple[list[str], str]:
    found = finding.diagnostic
    kind = paint(f"{found.severity}[{found.code}]", found.severity, color)
    head = f"{paint(f'{printable(found.path(path))}:', 'bold', color)} {kind} {paint(finding.message, 'bold', color)}"
    return [head], f"{paint('  =', 'frame', color)} {paint('help:', 'help', color)} {printable(found.help)}"
