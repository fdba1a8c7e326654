"""`match`: a chain of `if`, its subject evaluated once; `patterns` says what each pattern tests, and what it binds."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import patterns
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.flow import leaves, meet
from py2cpp_autograd.frontend.lower.patterns import Matched, both
from py2cpp_autograd.frontend.lower.targets import assign_name
from py2cpp_autograd.frontend.lower.values import coerce, is_atomic, literal, truth
from py2cpp_autograd.frontend.scope import Flow
from py2cpp_autograd.types import BOOL, is_family

_Ends = list[tuple[Flow, tuple[ir.Stmt, ...]]]


def lower_match(context: Context, node: cst.Match) -> list[ir.Stmt]:
    """`match subject: case ...`."""
    subject = context.expression(node.subject)
    span = context.span(node)
    before: list[ir.Stmt] = []
    if not is_atomic(subject) and not isinstance(subject, ir.TupleDisplay):
        name = context.scope.fresh_name("subject")
        before.append(ir.Assign(ir.NameTarget(name, subject.type, span), subject, span))
        subject = ir.Name(name, subject.type, span)
    ends: _Ends = []
    variable = node.subject.value if isinstance(node.subject, cst.Name) else None
    made = _cases(context, subject, variable, list(node.cases), ends)
    meet(context, [flow for flow, body in ends if not leaves(body)])
    return [*before, *made]


def _cases(
    context: Context, subject: ir.Expr, variable: str | None, cases: Sequence[cst.MatchCase], ends: _Ends
) -> tuple[ir.Stmt, ...]:
    """What the cases do, as the `else` of those before them."""
    if not cases:
        ends.append((context.scope.flow(), ()))
        return ()
    case, *rest = cases
    flow = context.scope.flow()
    found = patterns.match(context, case.pattern, subject)
    if isinstance(found.test, ir.Literal) and not found.test.value:
        return _cases(context, subject, variable, rest, ends)
    context.scope.block_depth += 1
    bound = [_capture(context, name, value) for name, value in found.captures]
    context.scope.block_depth -= 1
    _narrow(context, subject, variable, found)
    guard = None if case.guard is None else truth(context, case.guard)
    body = lower_suite(context, case.body)
    ends.append((context.scope.flow(), body))
    context.scope.restore(flow)
    if guard is None and isinstance(found.test, ir.Literal):
        return (*bound, *body)
    context.scope.block_depth += 1
    orelse = _cases(context, subject, variable, rest, ends)
    context.scope.block_depth -= 1
    if guard is None or not bound:
        test = found.test if guard is None else both(found.test, guard)
        return (ir.If(test, (*bound, *body), orelse, context.span(case)),)
    return _guarded(context, case, found, bound, guard, body, orelse)


def _guarded(
    context: Context,
    case: cst.MatchCase,
    found: Matched,
    bound: Sequence[ir.Stmt],
    guard: ir.Expr,
    body: tuple[ir.Stmt, ...],
    orelse: tuple[ir.Stmt, ...],
) -> tuple[ir.Stmt, ...]:
    """A guard that reads what the pattern binds: where it fails, the next case is tried."""
    span = context.span(case)
    if isinstance(found.test, ir.Literal):
        return (*bound, ir.If(guard, body, orelse, span))
    if leaves(body):
        return (ir.If(found.test, (*bound, ir.If(guard, body, (), span)), (), span), *orelse)
    name = context.scope.fresh_name("matched")
    flag, read = ir.NameTarget(name, BOOL, span), ir.Name(name, BOOL, span)
    held = (ir.Assign(flag, literal(True, span), span), *body)
    return (
        ir.Assign(flag, literal(False, span), span),
        ir.If(found.test, (*bound, ir.If(guard, held, (), span)), (), span),
        *((ir.If(ir.Unary("not", read, BOOL, span), orelse, (), span),) if orelse else ()),
    )


def _narrow(context: Context, subject: ir.Expr, variable: str | None, found: Matched) -> None:
    """The variable that is matched is an object of the class that the pattern asks for."""
    if variable is None or not is_family(subject.type) or not context.scope.owns(variable):
        return
    asked = patterns.asked_of(found.test, subject)
    if asked is not None:
        context.scope.narrowed[variable] = asked


def _capture(context: Context, name: cst.Name, value: ir.Expr) -> ir.Stmt:
    target = assign_name(context, name, name.value, value.type)
    return ir.Assign(target, coerce(context, value, target.type, "the variable"), context.span(name))
