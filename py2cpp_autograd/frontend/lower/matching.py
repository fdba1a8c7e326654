"""`match` on literals, alternatives and tuples: a chain of `if`, its subject evaluated once."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.comparisons import equal
from py2cpp_autograd.frontend.lower.flow import leaves, meet
from py2cpp_autograd.frontend.lower.targets import assign_name
from py2cpp_autograd.frontend.lower.values import coerce, is_atomic, literal, truth
from py2cpp_autograd.frontend.scope import Flow
from py2cpp_autograd.types import BOOL, NoneType, OptionalType, TupleType

#: The names that a pattern binds, with the parts of the subject.
_Captures = list[tuple[cst.Name, ir.Expr]]


def lower_match(context: Context, node: cst.Match) -> list[ir.Stmt]:
    """`match subject: case ...`."""
    subject = context.expression(node.subject)
    span = context.span(node)
    before: list[ir.Stmt] = []
    if not is_atomic(subject) and not isinstance(subject, ir.TupleDisplay):
        name = context.scope.fresh_name("subject")
        before.append(ir.Assign(ir.NameTarget(name, subject.type, span), subject, span))
        subject = ir.Name(name, subject.type, span)
    ends: list[tuple[Flow, tuple[ir.Stmt, ...]]] = []
    made = _cases(context, subject, list(node.cases), ends)
    meet(context, [flow for flow, body in ends if not leaves(body)])
    return [*before, *made]


def _cases(
    context: Context,
    subject: ir.Expr,
    cases: Sequence[cst.MatchCase],
    ends: list[tuple[Flow, tuple[ir.Stmt, ...]]],
) -> tuple[ir.Stmt, ...]:
    """What the cases do, as the `else` of those before them."""
    if not cases:
        ends.append((context.scope.flow(), ()))
        return ()
    case, *rest = cases
    flow = context.scope.flow()
    captures: _Captures = []
    test = _pattern(context, case.pattern, subject, captures)
    if case.guard is not None and captures and not isinstance(test, ir.Literal):
        context.refuse("PCA102", case, "a guard on a pattern that binds names has no translation", "test in the body")
    context.scope.block_depth += 1
    bound = [_capture(context, name, value) for name, value in captures]
    context.scope.block_depth -= 1
    if case.guard is not None:
        guard = truth(context, case.guard)
        test = guard if isinstance(test, ir.Literal) and test.value else _both(test, guard)
    body = lower_suite(context, case.body)
    ends.append((context.scope.flow(), body))
    context.scope.restore(flow)
    if isinstance(test, ir.Literal):
        return (*bound, *body) if test.value else _cases(context, subject, rest, ends[:-1])
    inside = () if case.guard is not None else tuple(bound)
    outside = tuple(bound) if case.guard is not None else ()
    context.scope.block_depth += 1
    orelse = _cases(context, subject, rest, ends)
    context.scope.block_depth -= 1
    return (*outside, ir.If(test, (*inside, *body), orelse, context.span(case)))


def _capture(context: Context, name: cst.Name, value: ir.Expr) -> ir.Stmt:
    target = assign_name(context, name, name.value, value.type)
    return ir.Assign(target, coerce(context, value, target.type, "the variable"), context.span(name))


def _both(a: ir.Expr, b: ir.Expr) -> ir.Expr:
    if isinstance(a, ir.Literal):
        return b if a.value else a
    if isinstance(b, ir.Literal):
        return a if b.value else b
    return ir.Logical("and", (a, b), BOOL, a.span)


def _pattern(context: Context, node: cst.MatchPattern, subject: ir.Expr, captures: _Captures) -> ir.Expr:
    """Whether the subject matches, and what its parts are called."""
    span = context.span(node)
    match node:
        case cst.MatchAs(pattern=None, name=None):
            return literal(True, span)
        case cst.MatchAs(pattern=inner, name=name):
            test = literal(True, span) if inner is None else _pattern(context, inner, subject, captures)
            if name is not None:
                captures.append((name, subject))
            return test
        case cst.MatchValue(value=value):
            return equal(context, node, subject, context.expression(value))
        case cst.MatchSingleton(value=value):
            return _singleton(context, node, subject, value.value)
        case cst.MatchOr(patterns=patterns):
            return _alternatives(context, [part.pattern for part in patterns], subject)
        case cst.MatchTuple(patterns=patterns) | cst.MatchList(patterns=patterns):
            return _sequence(context, node, list(patterns), subject, captures)
        case _:
            context.refuse("PCA102", node, "this pattern has no translation", "write an if")


def _singleton(context: Context, node: cst.MatchSingleton, subject: ir.Expr, name: str) -> ir.Expr:
    span = context.span(node)
    if name == "None":
        if isinstance(subject.type, OptionalType):
            return ir.IsNone(subject, False, BOOL, span)
        return literal(isinstance(subject.type, NoneType), span)
    if subject.type != BOOL:
        return literal(False, span)
    return subject if name == "True" else ir.Unary("not", subject, BOOL, span)


def _alternatives(context: Context, patterns: Sequence[cst.MatchPattern], subject: ir.Expr) -> ir.Expr:
    tests = []
    for pattern in patterns:
        captures: _Captures = []
        test = _pattern(context, pattern, subject, captures)
        if captures:
            context.refuse("PCA102", pattern, "names in an alternative have no translation", "write two cases")
        tests.append(test)
    if any(isinstance(test, ir.Literal) and test.value for test in tests):
        return literal(True, subject.span)
    left = [test for test in tests if not isinstance(test, ir.Literal)]
    if not left:
        return literal(False, subject.span)
    return left[0] if len(left) == 1 else ir.Logical("or", tuple(left), BOOL, subject.span)


def _sequence(
    context: Context,
    node: cst.MatchTuple | cst.MatchList,
    patterns: Sequence[cst.MatchSequenceElement | cst.MatchStar],
    subject: ir.Expr,
    captures: _Captures,
) -> ir.Expr:
    """A pattern for a tuple of known length."""
    span = context.span(node)
    if not isinstance(subject.type, TupleType):
        context.refuse("PCA102", node, f"a pattern for a {subject.type} has no translation", "write an if")
    if any(isinstance(part, cst.MatchStar) for part in patterns):
        context.refuse("PCA102", node, "a starred pattern has no translation", "write an if")
    types = subject.type.elements
    if len(types) != len(patterns):
        return literal(False, span)
    test: ir.Expr = literal(True, span)
    for place, (part, type_) in enumerate(zip(patterns, types, strict=True)):
        assert isinstance(part, cst.MatchSequenceElement)
        if isinstance(subject, ir.TupleDisplay) and is_atomic(subject.elements[place]):
            value = subject.elements[place]
        elif isinstance(subject, ir.TupleDisplay):
            context.refuse("PCA102", node, "the parts of this tuple are computed", "put it into a variable first")
        else:
            value = ir.Subscript(subject, literal(place, span), type_, span)
        test = _both(test, _pattern(context, part.value, value, captures))
    return test
