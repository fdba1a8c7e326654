"""`if`, `while`, `for`, `with`: bodies, and what is known about names where ways through the program meet."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import assigned_in, target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.iteration import is_nonempty, lower_iterable, lower_target
from py2cpp_autograd.frontend.lower.narrowing import facts_of
from py2cpp_autograd.frontend.lower.values import truth
from py2cpp_autograd.frontend.scope import Flow
from py2cpp_autograd.types import Type

_LEAVES = (ir.Return, ir.Raise, ir.Break, ir.Continue)


def _leaves(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether control surely does not come out at the end of the body."""
    for statement in reversed(body):
        if isinstance(statement, ir.Comment):
            continue
        if isinstance(statement, ir.If):
            return _leaves(statement.body) and _leaves(statement.orelse)
        return isinstance(statement, _LEAVES)
    return False


def lower_if(context: Context, node: cst.If) -> list[ir.Stmt]:
    """`if`, with branches that can never run left out (`if __name__ == ...`, `isinstance`, `x is None`)."""
    if _is_main_test(node.test):
        return list(lower_suite(context, node.body, nested=False))
    test = truth(context, node.test)
    if isinstance(test, ir.Literal):
        if test.value:
            return list(lower_suite(context, node.body, nested=False))
        return _orelse(context, node)
    facts = facts_of(context, node.test)
    before = context.scope.flow()
    context.scope.narrowed.update(facts.when_true)
    body = lower_suite(context, node.body)
    after_body = context.scope.flow()
    context.scope.restore(before)
    context.scope.narrowed.update(facts.when_false)
    context.scope.block_depth += 1
    orelse = tuple(_orelse(context, node))
    context.scope.block_depth -= 1
    after_orelse = context.scope.flow()
    _meet(context, [flow for flow, part in ((after_body, body), (after_orelse, orelse)) if not _leaves(part)])
    return [ir.If(test, body, orelse, context.span(node))]


def _is_main_test(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Comparison(
            left=cst.Name(value="__name__"),
            comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=cst.SimpleString() as text)],
        ):
            return text.evaluated_value == "__main__"
        case _:
            return False


def _orelse(context: Context, node: cst.If) -> list[ir.Stmt]:
    match node.orelse:
        case cst.If() as other:
            return lower_if(context, other)
        case cst.Else(body=body):
            return list(lower_suite(context, body, nested=False))
        case _:
            return []


def _meet(context: Context, flows: list[Flow]) -> None:
    """Keep what holds on every way that gets here; with no way, what follows is never reached."""
    if not flows:
        return
    first, *others = flows
    bound, touched, narrowed = set(first.bound), set(first.touched), dict(first.narrowed)
    for other in others:
        bound &= other.bound
        touched |= other.touched
        narrowed = {name: type_ for name, type_ in narrowed.items() if other.narrowed.get(name) == type_}
    context.scope.restore(Flow(frozenset(bound), frozenset(touched), narrowed))


def lower_while(context: Context, node: cst.While) -> list[ir.Stmt]:
    """`while`; its `else` has no translation."""
    _no_else(context, node.orelse)
    _forget(context, node.body)
    test = truth(context, node.test)
    before = context.scope.flow()
    context.scope.narrowed.update(facts_of(context, node.test).when_true)
    context.scope.loop_depth += 1
    body = lower_suite(context, node.body)
    context.scope.loop_depth -= 1
    after = context.scope.flow()
    forever = isinstance(test, ir.Literal) and bool(test.value)
    _meet(context, [after if forever else before, after])
    context.scope.narrowed.clear()
    context.scope.narrowed.update(_unchanged(before.narrowed, node.body))
    return [ir.While(test, body, context.span(node))]


def _no_else(context: Context, orelse: cst.Else | None) -> None:
    if orelse is not None:
        context.refuse("PCA102", orelse, "the `else` of a loop has no translation", "set a flag before `break`")


def _forget(context: Context, body: cst.BaseSuite) -> None:
    """Drop what is known about names that the loop body rebinds: it may run after a previous pass."""
    for name in assigned_in(body):
        for key in [key for key in context.scope.narrowed if key == name or key.startswith(f"{name}.")]:
            del context.scope.narrowed[key]
        context.scope.constants.pop(name, None)


def _unchanged(narrowed: Mapping[str, Type], body: cst.BaseSuite) -> dict[str, Type]:
    changed = assigned_in(body)
    kept = {name: type_ for name, type_ in narrowed.items() if name not in changed}
    return {name: type_ for name, type_ in kept.items() if name.partition(".")[0] not in changed}


def lower_for(context: Context, node: cst.For) -> list[ir.Stmt]:
    """`for`; its `else` has no translation."""
    _no_else(context, node.orelse)
    if node.asynchronous is not None:
        context.refuse("PCA102", node, "asynchronous code has no translation")
    iterable, item = lower_iterable(context, node.iter)
    _forget(context, node.body)
    before = context.scope.flow()
    context.scope.block_depth += 1
    target = lower_target(context, node.target, item, iterable)
    context.scope.block_depth -= 1
    context.scope.loop_depth += 1
    body = lower_suite(context, node.body)
    context.scope.loop_depth -= 1
    after = context.scope.flow()
    _meet(context, [after] if is_nonempty(context, iterable) and not _jumps(body) else [before, after])
    context.scope.narrowed.clear()
    names = set(target_names(node.target))
    kept = _unchanged(before.narrowed, node.body)
    context.scope.narrowed.update({name: type_ for name, type_ in kept.items() if name not in names})
    return [ir.For(target, iterable, body, context.span(node))]


def _jumps(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a `break` or `continue` may leave the body early (nested loops keep theirs)."""
    for statement in body:
        if isinstance(statement, ir.Break | ir.Continue):
            return True
        if isinstance(statement, ir.If) and (_jumps(statement.body) or _jumps(statement.orelse)):
            return True
        if isinstance(statement, ir.With) and _jumps(statement.body):
            return True
    return False


def lower_with(context: Context, node: cst.With) -> list[ir.Stmt]:
    """`with` over contexts that the table has a guard for."""
    if node.asynchronous is not None:
        context.refuse("PCA102", node, "asynchronous code has no translation")
    guards = [_guard(context, item) for item in node.items]
    body = lower_suite(context, node.body, nested=False)
    for guard in reversed(guards):
        body = (ir.With(guard.row, guard.variant, guard.arguments, body, context.span(node)),)
    return list(body)


def _guard(context: Context, item: cst.WithItem) -> ir.With:
    if item.asname is not None:
        context.refuse("PCA102", item, "the value of this `with` cannot be named", "leave out `as ...`")
    return rows.guard(context, item.item)
