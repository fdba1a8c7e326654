"""What only the whole program tells: displays whose elements stay unknown, and calls without a value as values."""

from __future__ import annotations

from collections.abc import Iterator

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.ir_walk import children, iterable_children, statement_expressions, statements, walk
from py2cpp_autograd.types import NeverType, NoneType, OptionalType, SymbolType

_CALLS = (ir.Apply, ir.Call, ir.MethodCall, ir.CallValue)


def check_values(program: ir.Program, report: Report) -> bool:
    """Whether C++ has a type for every value of a typed program; reports those without one."""
    for body in _bodies(program):
        for statement in statements(body):
            alone = isinstance(statement, ir.ExprStmt | ir.Return)
            if isinstance(statement, ir.Print):
                _check_displays(statement.arguments, report)
            if isinstance(statement, ir.For):
                _check_displays(iterable_children(statement.iterable), report)
            for expression in statement_expressions(statement):
                done = [part for whole in walk(expression) for part in _done(whole)]
                held = {id(part) for whole in walk(expression) for part in _held(whole)}
                for part in walk(expression):
                    is_done = any(part is other for other in done)
                    _check(part, report, is_done or (alone and part is expression), id(part) in held)
    return not report.refused


def _bodies(program: ir.Program) -> Iterator[tuple[ir.Stmt, ...]]:
    yield program.body
    for node in program.definitions:
        match node:
            case ir.Function():
                yield node.body
            case ir.Class(init=init, methods=methods):
                yield from (function.body for function in (init, *methods))
            case ir.AutogradFunction(forward=forward, backward=backward):
                yield from (forward.body, backward.body)


def _done(node: ir.Expr) -> Iterator[ir.Expr]:
    """The part of an expression that is evaluated for what it does, whether it has a value or not."""
    match node:
        case ir.Lambda(body=body):
            yield body
        case ir.Comprehension(into="nothing", element=element):
            yield element


def _held(node: ir.Expr) -> tuple[ir.Expr, ...]:
    """The parts of a tuple, and what may be None: a class or function may be one, as its type tells all."""
    if isinstance(node, ir.Convert) and isinstance(node.type, OptionalType):
        return (node.operand,)
    return node.elements if isinstance(node, ir.TupleDisplay) else ()


def _check(node: ir.Expr, report: Report, alone: bool, held: bool) -> None:
    if isinstance(node.type, SymbolType) and isinstance(node, ir.Literal) and not held:
        advice = "call it, or pass it on to where it is called"
        report.add("PCA103", node.span, f"'{node.value}' as a value has no translation here", advice)
    if isinstance(node, _CALLS) and isinstance(node.type, NoneType) and not alone:
        report.add("PCA303", node.span, "this call gives no value", "make the call a statement of its own")
    if isinstance(node, ir.Comprehension):
        for clause in node.clauses:
            _check_displays(iterable_children(clause.iterable), report)
    if not isinstance(node, ir.Apply) or node.row.startswith("builtins."):
        _check_displays(children(node), report)
    if alone:
        _check_displays((node,), report)
    if isinstance(node.type, NeverType) and not report.refused:  # most follow from a display
        report.add("PCA301", node.span, "what this gives is not known", "put it into a variable with its type")


#: What may hold nothing that tells what it holds.
_EMPTY = ir.ListDisplay | ir.DictDisplay | ir.SetDisplay | ir.Collection


def _check_displays(nodes: tuple[ir.Expr, ...], report: Report) -> None:
    """An empty list or dict has the type of what stands around it, or none."""
    for node in nodes:
        if isinstance(node, _EMPTY) and not is_settled(node.type):
            what = str(node.type).partition("[")[0]
            help_ = f"give it a name with its type, such as `x: {what}[...] = ...`"
            report.add("PCA301", node.span, f"what this {what} holds is not known", help_)
