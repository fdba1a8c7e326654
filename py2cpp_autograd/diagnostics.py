"""Diagnostics: one table of codes, and the values that passes append to a `Report`.

The hundred of a code says the stage: 1xx syntax, 2xx names, 3xx types, 4xx API table, 5xx parity hazards,
6xx output, 7xx build, 8xx run, 9xx compare. Codes are never reused. Each has a golden case in `tests/cases`
and a page, `docs/diagnostics/<code>.md`. Slugs read as "allow <slug>".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from py2cpp_autograd.span import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """A row of the table of codes. `help` is the default advice: what to write instead."""

    code: str
    slug: str
    summary: str
    help: str
    severity: Severity = "error"


_TABLE = (
    Code("PCA101", "syntax-error", "The file is not valid Python.", "fix the syntax; CPython refuses the file too"),
    Code(
        "PCA102",
        "unsupported-statement",
        "A statement that has no translation.",
        "rewrite it with assignments, calls, if, for, while, with, def and class",
    ),
    Code(
        "PCA103",
        "unsupported-expression",
        "An expression that has no translation.",
        "compute the value with simpler expressions",
    ),
    Code(
        "PCA104",
        "star-arguments",
        "`*args` or `**kwargs`, whose number or names are not known before the program runs.",
        "write the arguments one by one",
    ),
    Code(
        "PCA105",
        "unsupported-encoding",
        "The file is not in an encoding that shows its code as it is.",
        "save the file as UTF-8",
    ),
    Code(
        "PCA106",
        "too-large",
        "The file is too large or too deeply nested.",
        "split the file, or the expression, into smaller ones",
    ),
    Code(
        "PCA107",
        "dynamic-code",
        "Code that is made at run time (`eval`, `exec`, `compile`, `__import__`).",
        "write the code out: translation happens before the program runs",
    ),
    Code(
        "PCA108",
        "unsupported-decorator",
        "A decorator that has no translation.",
        "remove the decorator, or write out what it does",
    ),
    Code("PCA201", "unknown-name", "A name that nothing in the file defines.", "define the name, or import it"),
    Code(
        "PCA202",
        "star-import",
        "`from ... import *`, which hides where names come from.",
        "import the names that are used",
    ),
    Code(
        "PCA203",
        "dynamic-attribute",
        "An attribute whose name is computed at run time (`getattr`, `setattr`, `__dict__`).",
        "write the attribute's name: `value.name`",
    ),
    Code(
        "PCA204",
        "unsupported-import",
        "A module that programs cannot use in C++.",
        "remove what needs the module, or keep that part in Python",
    ),
    Code(
        "PCA205",
        "maybe-unbound",
        "A variable that some way through the program leaves unassigned.",
        "assign the variable before the branch or loop",
    ),
    Code(
        "PCA206",
        "rebound-definition",
        "A function, class or imported name that is defined again or assigned to.",
        "give the two things different names",
    ),
    Code(
        "PCA207",
        "left-out",
        "What nothing in the script reaches or reads, or a block that does not run, without a translation.",
        "remove it, or translate it by itself: `--entry NAME`",
        "warning",
    ),
    Code(
        "PCA301",
        "unknown-type",
        "A value whose type cannot be known before the program runs.",
        "annotate it, or convert it with float(...), int(...) or bool(...)",
    ),
    Code(
        "PCA302",
        "type-changes",
        "A variable, attribute or result that holds values of several types.",
        "use one variable for each type",
    ),
    Code(
        "PCA303",
        "wrong-type",
        "A value of a type that does not fit here: Python would raise TypeError.",
        "check the operand's type",
    ),
    Code(
        "PCA304",
        "integer-overflow",
        "An integer that does not fit in 64 bits.",
        "keep integers within -2**63 .. 2**63 - 1",
    ),
    Code(
        "PCA305",
        "unknown-attribute",
        "An attribute or method that the value does not have.",
        "check the spelling and the value's type",
    ),
    Code(
        "PCA306",
        "wrong-arguments",
        "A call whose arguments do not fit the function's parameters.",
        "compare the call with the function's signature",
    ),
    Code("PCA307", "mixed-list", "A list whose elements have different types.", "use a tuple, or a list of one type"),
    Code(
        "PCA400",
        "unmapped-api",
        "A PyTorch name that the API table does not know.",
        "write it with mapped operations; `py2cpp-autograd coverage` lists them",
    ),
    Code(
        "PCA401",
        "no-cpp-counterpart",
        "A Python API that LibTorch has no counterpart for.",
        "see the row's page: `py2cpp-autograd explain NAME`",
    ),
    Code(
        "PCA402",
        "absent-argument",
        "An argument that the C++ API does not have, with a value other than its default.",
        "leave the argument out",
    ),
    Code(
        "PCA403",
        "no-matching-overload",
        "No overload of the API takes arguments of these types.",
        "compare the arguments with the signatures that the message lists",
    ),
    Code(
        "PCA404",
        "computed-argument",
        "An argument that the C++ API needs as a constant.",
        "write the value as a literal",
    ),
    Code(
        "PCA501",
        "aliasing",
        "Two names for one list or dict that is changed later: in C++ they would be two copies.",
        "copy with list(...) where a copy is meant, or use one name",
    ),
    Code(
        "PCA502",
        "float-format",
        "A value whose Python text cannot be reproduced in C++.",
        "show its values one by one, numbers with a precision such as {x:.4f}",
    ),
    Code(
        "PCA503",
        "escaping-closure",
        "A function that outlives the variables that it uses.",
        "pass the values as parameters",
    ),
    Code(
        "PCA504",
        "numeric-difference",
        "An operation whose C++ version computes other bits than Python's.",
        "see `py2cpp-autograd explain PCA504`",
    ),
    Code(
        "PCA505",
        "set-order",
        "A set whose order is that of addresses.",
        "use a list or a dict",
    ),
    Code("PCA601", "name-clash", "A name that cannot be spelled in C++.", "rename it"),
    Code(
        "PCA602",
        "out-of-date",
        "The committed C++ is not what the Python translates to.",
        "translate the file again and commit the C++",
    ),
    Code(
        "PCA603",
        "argument-slip",
        "A flag in C++ by hand lands on another parameter than it names.",
        "name each flag in a comment, and count the parameters: grad_outputs, retain_graph, create_graph",
        "warning",
    ),
    Code(
        "PCA604",
        "guard-without-name",
        "A guard in C++ by hand guards nothing.",
        "give the guard a name, and no parentheses: torch::NoGradGuard guard;",
        "warning",
    ),
    Code(
        "PCA605",
        "order-of-evaluation",
        "C++ by hand draws random numbers in an order that the compiler chooses.",
        "give each a name, one line each, in the order of the Python",
        "warning",
    ),
    Code(
        "PCA606",
        "operator-of-integers",
        "An operator means another thing in C++ than in Python.",
        "write 1.0 / 2 for a fraction, and x.pow(2) for a power",
        "warning",
    ),
    Code(
        "PCA699",
        "internal-error",
        "The translator failed: a bug in py2cpp-autograd, not in your program.",
        "please report it, with the file",
    ),
    Code(
        "PCA701",
        "compile-failed",
        "The generated C++ does not compile: a bug in py2cpp-autograd.",
        "please report it, with the file",
    ),
    Code(
        "PCA702",
        "toolchain-missing",
        "No C++ compiler, or no LibTorch, to verify with.",
        "run `py2cpp-autograd doctor`",
    ),
    Code(
        "PCA801",
        "python-raised",
        "The Python program ends with an exception that C++ does not share.",
        "the message and the line are Python's own: correct the program, or what it is given",
    ),
    Code(
        "PCA802",
        "cpp-raised",
        "The C++ program ends with an error where Python does not.",
        "see the message of the C++ program",
    ),
    Code("PCA803", "timeout", "A side did not finish in time.", "raise --timeout, or make the program smaller"),
    Code(
        "PCA804",
        "nothing-compared",
        "The program leaves no value or gradient to compare.",
        "keep the results in module-level variables, or print them",
    ),
    Code(
        "PCA901",
        "value-differs",
        "A value differs between Python and C++.",
        "see the path and the Python line of the mismatch",
    ),
    Code(
        "PCA902",
        "gradient-differs",
        "A gradient differs between Python and C++.",
        "see the path and the Python line of the mismatch",
    ),
    Code(
        "PCA903",
        "presence-differs",
        "One side has a value or gradient that the other has not.",
        "see the path of the mismatch",
    ),
    Code(
        "PCA904",
        "metadata-differs",
        "dtype, shape, requires_grad, is_leaf or grad_fn differs.",
        "see the path of the mismatch",
    ),
)

#: Every code, by its name.
CODES: dict[str, Code] = {row.code: row for row in _TABLE}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another file than the program's own: its path, and its text."""

    path: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, located in the source. `help` says what to write instead.

    `elsewhere` is None in the file itself; else the finding is in a module of the project that it imports.
    """

    code: str
    message: str
    help: str
    span: Span
    elsewhere: Elsewhere | None = None

    def path(self, own: str) -> str:
        """The path of the file that this is found in, where the program's own is `own`."""
        return own if self.elsewhere is None else self.elsewhere.path

    @property
    def slug(self) -> str:
        """The code's name in words, such as `unknown-name`."""
        return CODES[self.code].slug

    @property
    def severity(self) -> Severity:
        """The code's severity: an error means that there is no output."""
        return CODES[self.code].severity


@dataclass(slots=True)
class Report:
    """What the passes of one translation have found so far, each finding once."""

    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(self, code: str, span: Span, message: str, help_: str | None = None) -> None:
        """Append a finding; `help_` None takes the code's own advice."""
        diagnostic = Diagnostic(code, message, help_ or CODES[code].help, span)
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    @property
    def refused(self) -> bool:
        """Whether any finding is an error."""
        return any(found.severity == "error" for found in self.diagnostics)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All findings in the order of the source."""
        return tuple(sorted(self.diagnostics, key=lambda found: (found.path(""), found.span, found.code)))


class Refusal(Exception):
    """Raised inside a pass to leave a construct that was refused; caught at the statement, never by users."""
