"""Powers of ints, which are floats where the exponent is negative: C++ has one type for them.

An exponent may be negative where a literal, a minus, or a value that is not known (`x.item()`) reaches it. Exponents
that nothing of this reaches, such as the counter of `for i in range(n)`, are checked when the program runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from py2cpp_autograd import ir
from py2cpp_autograd.backend.spread import Scope, Spread, has
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import statement_expressions, statements, walk
from py2cpp_autograd.types import BoolType, IntType

#: Rows whose result is never negative.
_NATURAL = frozenset({"builtins.len", "builtins.abs"})


@dataclass
class Signs(Spread):
    """The places of a program that may hold negative ints."""

    def reaches(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether an expression may be a negative int, or hold one."""
        match node:
            case ir.Literal(value=value):
                return isinstance(value, int) and value < 0
            case ir.Name() | ir.Field() | ir.Call() | ir.MethodCall() | ir.StaticCall():
                return self.holds(node, scope)
            case ir.Unary(operator="-"):
                return isinstance(node.type, IntType)
            case ir.Binary(operator="-", left=left, right=right):
                return self.reaches(left, scope) or not isinstance(right, ir.Literal)
            case ir.Binary(operator="%", right=right):
                return self.reaches(right, scope)
            case ir.Binary(left=left, right=right):
                return self.reaches(left, scope) or self.reaches(right, scope)
            case ir.Conditional(body=body, orelse=orelse):
                return self.reaches(body, scope) or self.reaches(orelse, scope)
            case ir.ListDisplay(elements=elements) | ir.TupleDisplay(elements=elements):
                return any(self.reaches(element, scope) for element in elements)
            case ir.Subscript(container=inner) | ir.Convert(operand=inner):
                return self.reaches(inner, scope)
            case ir.Comprehension(element=element):
                return self.reaches(element, scope)
            case ir.Apply(form="item"):
                return False
            case ir.Apply(row=row):
                return row not in _NATURAL
            case _:
                return not isinstance(node.type, BoolType)

    def reaches_items(self, iterable: ir.Iterable, scope: Scope) -> bool:
        """Whether a loop may count to negative ints."""
        match iterable:
            case ir.Range(start=start, stop=stop, step=ir.Literal(value=int(step))):
                return self.reaches(start if step > 0 else stop, scope) and not (step < 0 and _is_minus_one(stop))
            case ir.Items(value=value):
                return self.reaches(value, scope)
            case ir.Enumerate(inner=inner, start=start):
                return self.reaches_items(inner, scope) or self.reaches(start, scope)
            case ir.Zip(inners=inners):
                return any(self.reaches_items(inner, scope) for inner in inners)
            case ir.Reversed(inner=inner):
                return self.reaches_items(inner, scope)
            case _:
                return True


def check(program: ir.Program, report: Report) -> None:
    """Refuse powers of ints whose exponent may be negative."""
    if not has(program, _is_doubtful):
        return
    signs = Signs()
    for scope, body in signs.spread(program):
        for node in statements(body):
            for expression in statement_expressions(node):
                for part in walk(expression):
                    if isinstance(part, ir.Binary) and _is_doubtful(part) and signs.reaches(part.right, scope):
                        _refuse(report, part.right)


def _is_doubtful(node: ir.Expr) -> bool:
    """Whether a node is a power that is an int unless its exponent is negative."""
    match node:
        case ir.Binary(operator="**", right=right, type=IntType()):
            return not isinstance(right, ir.Literal)
        case _:
            return False


def _is_minus_one(node: ir.Expr) -> bool:
    return isinstance(node, ir.Literal) and node.value == -1


def _refuse(report: Report, exponent: ir.Expr) -> None:
    report.add(
        "PCA301",
        exponent.span,
        "whether this power is an int or a float depends on the sign of the exponent",
        "write the base or the exponent as a float, such as float(n)",
    )
