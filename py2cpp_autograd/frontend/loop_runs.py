"""How often the body of a loop runs, as far as the text tells: what it assigns may then be what stands after it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, declared_inside

#: More than any number that a loop ends at.
_UNKNOWN = 2**63


class Runs(Enum):
    """How often the body of a loop runs: not at all or more, once or more, or until something leaves it."""

    PERHAPS = auto()
    SURELY = auto()
    FOREVER = auto()


@dataclass(frozen=True)
class LoopRuns:
    """How often the loops of one scope run, whose `constants` are the variables with one value."""

    constants: dict[str, int]
    is_range: Callable[[cst.BaseExpression], bool]  # whether a name stands for Python's own `range`

    def of_while(self, test: cst.BaseExpression) -> Runs:
        """How often the body of a `while` runs."""
        match test:
            case cst.Name(value="True"):
                return Runs.FOREVER
            case _:
                return Runs.PERHAPS

    def of_for(self, iterable: cst.BaseExpression) -> Runs:
        """How often the body of a `for` runs."""
        match iterable:
            case cst.Call(func=function) if not self.is_range(function):
                return Runs.PERHAPS
            case cst.Call(args=[cst.Arg(value=stop, keyword=None, star="")]):
                return _if_more(self._int(stop), 0)
            case cst.Call(args=[cst.Arg(value=start, star=""), cst.Arg(value=stop, star="")]):
                return _if_more(self._int(stop), self._int(start, otherwise=_UNKNOWN))
            case _:
                return Runs.PERHAPS

    def _int(self, node: cst.BaseExpression, otherwise: int = 0) -> int:
        match node:
            case cst.Integer():
                return int(node.evaluated_value)
            case cst.Name(value=name):
                return self.constants.get(name, otherwise)
            case _:
                return otherwise


def constants_of(body: cst.BaseSuite | cst.Module, parameters: Collection[str]) -> dict[str, int]:
    """The variables of a body that are assigned once, an int, before anything else can be, by no function either."""
    counts = bindings_of(body).counts
    elsewhere = declared_inside(body).union(parameters)
    found: dict[str, int] = {}
    for line in body.body:
        match line:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Integer() as value)]
            ) if counts[name] == 1 and name not in elsewhere:
                found[name] = int(value.evaluated_value)
    return found


def _if_more(stop: int, start: int) -> Runs:
    return Runs.SURELY if stop > start else Runs.PERHAPS
