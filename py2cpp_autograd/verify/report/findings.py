"""What is wrong with a program, as diagnostics: every format shows these, and nothing that is not here.

Paths, messages and values come from user code: `lines` and `message` are safe to print, formats escape the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from py2cpp_autograd.diagnostics import CODES, Diagnostic
from py2cpp_autograd.diagnostics_text import printable, source_lines
from py2cpp_autograd.span import FILE_START, Span
from py2cpp_autograd.verify.verdict import NOTHING_COMPARED, Divergence, Mismatch, MismatchKind, Verdict

#: The code of each kind of difference.
_KINDS: dict[MismatchKind, str] = {
    "value": "PCA901",
    "gradient": "PCA902",
    "presence": "PCA903",
    "metadata": "PCA904",
    "event": "PCA903",
    "outcome": "PCA801",
}

#: The code of each status that says that a step failed, and how the message begins.
_STEPS = {
    "build_error": ("PCA701", "the C++ does not compile"),
    "python_error": ("PCA801", "the Python program failed"),
    "cpp_error": ("PCA802", "the C++ program failed"),
    "timeout": ("PCA803", "a program was ended"),
}
_COMPARE = "compare this line with its C++"
_HELP = {
    "PCA701": "in generated C++ this is a bug of py2cpp-autograd: please report it, with the file",
    "PCA901": _COMPARE,
    "PCA902": f"{_COMPARE}, and with what that detaches, retains or accumulates",
    "PCA903": _COMPARE,
    "PCA904": f"{_COMPARE}, and their dtype, shape and grad mode",
}
_LINES = 8  # of a compiler's or a program's output


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic, and the lines that prove it: both sides' values, or what the compiler or a program said."""

    diagnostic: Diagnostic
    notes: tuple[str, ...] = ()

    @property
    def is_placed(self) -> bool:
        """Whether it is about a place in the Python source, and not about the file."""
        return self.diagnostic.span != FILE_START

    @property
    def message(self) -> str:
        """The diagnostic's message on one line, harmless to print."""
        return printable(self.diagnostic.message)

    @property
    def lines(self) -> list[str]:
        """The message and the notes, harmless to print."""
        return [self.message, *(printable(note.expandtabs(4)) for note in self.notes)]


def failed(verdict: Verdict) -> bool:
    """Whether this verdict must stop a merge: anything but a match without an error."""
    return verdict.status != "match" or any(found.severity == "error" for found in verdict.diagnostics)


def findings(verdict: Verdict, source: str) -> list[Finding]:
    """Everything that is wrong with a program, located in its source."""
    found = [Finding(diagnostic) for diagnostic in verdict.diagnostics]
    lines = source_lines(source)
    if verdict.status in _STEPS:
        found.append(_failure(verdict, lines))
    elif verdict.status == "mismatch":
        found += [] if verdict.divergence is None else [_parting(verdict.divergence, lines)]
        found += sorted((_difference(one, lines, verdict.detail) for one in verdict.mismatches), key=_order)
    return found


def _failure(verdict: Verdict, lines: list[str]) -> Finding:
    code, lead = _STEPS[verdict.status]
    if verdict.detail == NOTHING_COMPARED:
        return Finding(_diagnostic("PCA804", NOTHING_COMPARED, FILE_START))
    if verdict.status == "build_error":
        place = _line_span(verdict.line, lines)
        return Finding(_diagnostic(code, lead, place), tuple(verdict.detail.splitlines()[:_LINES]))
    first, *rest = verdict.detail.splitlines() or [""]
    ended = (one.line for one in verdict.mismatches if one.kind == "outcome")
    place = _line_span(verdict.line or next(ended, None), lines)
    return Finding(_diagnostic(code, f"{lead}: {first}" if first else lead, place), tuple(rest[-_LINES:]))


def _parting(divergence: Divergence, lines: list[str]) -> Finding:
    """The first statement whose result differs."""
    where = "" if divergence.cpp_line is None else f", line {divergence.cpp_line} of the C++"
    what = f": `{divergence.path}`{_in_ulp(divergence.max_ulp)}" if divergence.path else ""
    message = f"the two sides first differ behind this line{where}{what}"
    notes = (f"Python: {divergence.python}", f"C++:    {divergence.cpp}")
    return Finding(_diagnostic("PCA901", message, _line_span(divergence.line, lines)), notes)


def _difference(mismatch: Mismatch, lines: list[str], detail: str) -> Finding:
    place = _line_span(mismatch.line, lines)
    diagnostic = _diagnostic(_KINDS[mismatch.kind], _described(mismatch), place)
    return Finding(diagnostic, (f"Python: {mismatch.python}", f"C++:    {mismatch.cpp}", *detail.splitlines()))


def _order(finding: Finding) -> tuple[bool, Span]:
    """Differences in the order of the lines that they are about, those without a line last."""
    return not finding.is_placed, finding.diagnostic.span


def _described(mismatch: Mismatch) -> str:
    match mismatch.kind:
        case "outcome":
            return "the two sides end differently"
        case "event":
            return f"the two sides print differently at {mismatch.path}"
        case "presence":
            return f"`{mismatch.path}` is not the same kind of thing on both sides"
        case "metadata":
            return f"`{mismatch.path}` differs"
        case _:
            size = "" if mismatch.max_abs is None else f" by up to {mismatch.max_abs:.3g}"
            return f"the {mismatch.kind} `{mismatch.path}` differs{size}{_in_ulp(mismatch.max_ulp)}"


def _in_ulp(count: int | None) -> str:
    return "" if count is None else f" ({count:,} ulp)"


def _diagnostic(code: str, message: str, span: Span) -> Diagnostic:
    return Diagnostic(code, message, _HELP.get(code, CODES[code].help), span)


def _line_span(line: int | None, lines: list[str]) -> Span:
    """The code of a line, its indentation aside; the file when the line is not in the source."""
    if line is None or not 1 <= line <= len(lines):
        return FILE_START
    text = lines[line - 1]
    return Span.of(line, len(text) - len(text.lstrip()), line, max(len(text.rstrip()), 1))
