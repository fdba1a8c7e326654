"""Where two sides part: a program that differs is built again with recorders in its functions, and both sides run anew.

Where that cannot be built (C++ by hand may have other variables), the script's own statements are compared alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from py2cpp_autograd.verify import build as builder
from py2cpp_autograd.verify.complaints import Complaint
from py2cpp_autograd.verify.errors import BuildError
from py2cpp_autograd.verify.runtime import Runtime
from py2cpp_autograd.verify.toolchain import Toolchain

_RETURNING = re.compile(r"\s*py2cpp::probe::returning(_list)?\((\d+)\);")
_RETURN = re.compile(r"(\s*return )([^\s].*?);(\s*//.*)?")
_RETURNED = re.compile(r"return py2cpp::probe::returned(?:_list)?\(\d+, (.*?)\);(\s*//.*)?$")
#: Recorder lines in functions: what C++ by hand may not compile with.
_INNER = re.compile(r"\s*py2cpp::probe::(?:inner|entered|returning)\(")
#: How often lines that do not compile are left out.
_TRIES = 4


@dataclass(frozen=True)
class Bench:
    """What programs are built with."""

    toolchain: Toolchain
    root: Path
    made: Runtime

    def built(self, unit: builder.Unit) -> tuple[builder.Unit, builder.Built] | None:
        """A traced unit as it can be built, without the recorders that do not compile; None where nothing helps."""
        for _ in range(_TRIES):
            try:
                found = builder.build(self.toolchain, self.root, self.made, [unit], 1)[unit.name]
            except BuildError:
                return None
            if found.library is not None:
                return unit, found
            less = _without_lines(unit.text, found.complaint)
            if less is None:
                return None
            unit = replace(unit, text=less)
        return None


def with_returns(text: str) -> str:
    """A traced text whose `return`s record what they give."""
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1]):
        marked, returned = _RETURNING.fullmatch(line), _RETURN.fullmatch(lines[number + 1])
        if marked is not None and returned is not None and (marked[1] or not returned[2].startswith("{")):
            call = f"py2cpp::probe::returned{marked[1] or ''}({marked[2]}, {returned[2]})"
            lines[number + 1] = f"{returned[1]}{call};{returned[3] or ''}"
    return "\n".join(lines)


def _without_lines(text: str, complaint: Complaint | None) -> str | None:
    """A text without the recorders that are complained about; None where these are not at fault."""
    lines = text.split("\n")
    wrong = {line - 1 for line, _ in complaint.sentences if 0 < line <= len(lines)} if complaint is not None else set()
    at_fault = [place for place in wrong if _INNER.match(lines[place]) or "py2cpp::probe::returned" in lines[place]]
    for place in at_fault:
        returned = _RETURNED.sub(r"return \1;", lines[place])
        lines[place] = returned if returned != lines[place] else ""
    return "\n".join(lines) if at_fault else None
