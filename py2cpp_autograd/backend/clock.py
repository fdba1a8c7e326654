"""What depends on the clock: values that differ from run to run, so that `verify` cannot compare them.

    start = time.time()                            start and elapsed are recorded as values that equal anything,
    train()                                   ->   and so is what the print writes; everything else is compared.
    elapsed = time.time() - start
    print(f"{elapsed:.1f} s")

Such values may be stored, computed with and printed. Where they could reach a tensor, or decide what the program does,
it is refused: that would take part in results that no two runs share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from py2cpp_autograd import ir
from py2cpp_autograd.backend.effects import variant_of
from py2cpp_autograd.backend.spread import Scope, Spread, has
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import children, iterable_children, statement_expressions, statements, walk
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import TensorType


@dataclass
class Clock(Spread):
    """The places of a program whose values depend on the clock."""

    table: Table = field(kw_only=True)
    #: What is printed of them, by identity; the nodes are kept, so that no other takes their identity.
    _printed: dict[int, ir.Expr] = field(default_factory=dict)

    def note_printed(self, node: ir.Expr) -> None:
        """Remember that an argument of a print depends on the clock."""
        self._printed[id(node)] = node

    def is_printed(self, node: ir.Expr) -> bool:
        """Whether an argument of a print depends on the clock."""
        return id(node) in self._printed

    def reaches_variable(self, name: str) -> bool:
        """Whether a variable of the module depends on the clock."""
        return ("", name) in self.places

    def reaches(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the value of an expression depends on the clock."""
        match node:
            case ir.Name() | ir.Call() | ir.MethodCall() | ir.StaticCall():
                return self.holds(node, scope)
            case ir.Apply() if variant_of(self.table, node).effect == "clock":
                return True
            case _:
                return self.holds(node, scope) or any(self.reaches(child, scope) for child in children(node))

    def check(self, body: Sequence[ir.Stmt], scope: Scope, report: Report) -> None:
        """Refuse what the clock must not decide, and note what is printed."""
        for node in statements(body):
            for deciding in _deciding(node):
                if self.reaches(deciding, scope):
                    _refuse(report, deciding, "what the program does next depends on the clock")
            for argument in node.arguments if isinstance(node, ir.Print) else ():
                if self.reaches(argument, scope):
                    self.note_printed(argument)
            for expression in statement_expressions(node):
                for part in walk(expression):
                    if self._leaves(part, scope):
                        _refuse(report, part, "the clock takes part in a result")

    def _leaves(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether what depends on the clock gets where it cannot be followed."""
        given = any(self.reaches(child, scope) for child in children(node))
        match node:
            case ir.CallValue() | ir.FunctionApply() | ir.Lambda():
                return given
            case ir.Apply() if given:
                writes = variant_of(self.table, node).effect in ("write", "rng")
                return isinstance(node.type, TensorType) or (writes and not self.is_filled(node, scope))
            case _:
                return False


def find(program: ir.Program, table: Table, report: Report) -> Clock:
    """What depends on the clock; the program is refused where that decides what it does."""
    clock = Clock(table=table)
    if not has(program, lambda node: isinstance(node, ir.Apply) and variant_of(table, node).effect == "clock"):
        return clock
    for scope, body in clock.spread(program):
        clock.check(body, scope, report)
    return clock


def _deciding(node: ir.Stmt) -> tuple[ir.Expr, ...]:
    match node:
        case ir.If(test=test) | ir.While(test=test) | ir.Assert(test=test):
            return (test,)
        case ir.For(iterable=ir.Range() as iterable):
            return iterable_children(iterable)
        case ir.Raise(message=message) if message is not None:
            return (message,)
        case ir.With(arguments=arguments):
            return tuple(argument.value for argument in arguments)
        case ir.Assign(target=ir.TensorIndexTarget() | ir.PropertyTarget(), value=value):
            return (value,)
        case _:
            return ()


def _refuse(report: Report, node: ir.Expr, message: str) -> None:
    report.add("PCA401", node.span, message, "use the time only to print or store it")
