"""Turns what building and running gave into a verdict."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from py2cpp_autograd.quiet import without_warnings
from py2cpp_autograd.verify.compare import compare
from py2cpp_autograd.verify.sides import Run
from py2cpp_autograd.verify.trace import Failure, Trace
from py2cpp_autograd.verify.verdict import NOTHING_COMPARED, Mismatch, Status, Verdict

_PRINT = re.compile(r"print\[(\d+)\]")


def judge(source: str, begun: Verdict, python: Run, cpp: Run) -> Verdict:
    """The verdict on a program whose two sides have run; `begun` is what is known of it so far."""
    if python.timed_out or cpp.timed_out:
        side = "Python" if python.timed_out else "C++"
        return replace(begun, status="timeout", detail=f"{side} did not finish in time")
    if python.trace is None:
        return replace(begun, status="python_error", detail=_ended(python))
    if cpp.trace is None:
        return replace(begun, status="cpp_error", detail=_ended(cpp))
    return _compared(source, begun, python.trace, cpp.trace)


def fail_alike(python: Run, cpp: Run) -> bool:
    """Whether both sides end with the same error, and nothing that they recorded before it differs."""
    if python.trace is None or cpp.trace is None or python.trace.error is None or cpp.trace.error is None:
        return False
    return not compare(python.trace, cpp.trace).mismatches


def _ended(run: Run) -> str:
    how = f"signal {-run.status}" if run.status < 0 else f"status {run.status}"
    return f"ended with {how} before its end\n{run.output}".strip()


def _compared(source: str, begun: Verdict, python: Trace, cpp: Trace) -> Verdict:
    found = compare(python, cpp)
    status, detail = _status(python.error, cpp.error, bool(found.mismatches), found.values + found.gradients)
    mismatches = tuple(_located(source, python, found.mismatches))
    return replace(
        begun,
        status=status,
        mismatches=mismatches,
        values=found.values,
        gradients=found.gradients,
        max_ulp=found.max_ulp,
        first_divergence=min((one.line for one in mismatches if one.line is not None), default=None),
        detail=detail,
        line=python.error.line if status == "python_error" and python.error is not None else begun.line,
    )


def _status(python: Failure | None, cpp: Failure | None, differs: bool, compared: int) -> tuple[Status, str]:
    if cpp is not None and python is None:
        return "cpp_error", f"{cpp.type}: {cpp.message}"
    if python is not None and (cpp is None or not compared):
        return "python_error", f"{python.type}: {python.message}"
    if differs:
        return "mismatch", ""
    if not compared:
        return "python_error", NOTHING_COMPARED
    return "match", "" if python is None else f"both sides end with {python.type}: {python.message}"


def _located(source: str, python: Trace, mismatches: Sequence[Mismatch]) -> Iterator[Mismatch]:
    """Differences with the Python line that each is about: a print, an error, the last binding of a name."""
    last = _last_bindings(source) if mismatches else {}
    for mismatch in mismatches:
        printed = _PRINT.match(mismatch.path)
        name = re.split(r"[.\[]", mismatch.path, maxsplit=1)[0]
        if printed is not None and int(printed.group(1)) < len(python.events):
            line = python.events[int(printed.group(1))].line
        elif mismatch.kind == "outcome":
            line = None if python.error is None else python.error.line
        else:
            line = last.get(name)
        yield replace(mismatch, line=line)


def _last_bindings(source: str) -> dict[str, int]:
    """The last line that binds each name outside functions and classes."""
    lines: dict[str, int] = {}
    with without_warnings():
        pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            lines[node.id] = max(node.lineno, lines.get(node.id, 0))
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)
    return lines
