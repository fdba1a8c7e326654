"""`if`, `while`, `for`, `with`: bodies, and what is known about names where ways through the program meet."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir, ir_walk
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.bindings import assigned_in, target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import (
    columns,
    constants,
    dispatch,
    generators,
    late_attributes,
    live_loops,
    type_checking,
)
from py2cpp_autograd.frontend.lower.block import lower_statements, lower_suite
from py2cpp_autograd.frontend.lower.flow import leaves, meet
from py2cpp_autograd.frontend.lower.iteration import is_nonempty, loop_source, lower_target
from py2cpp_autograd.frontend.lower.looseness import behind_loop
from py2cpp_autograd.frontend.lower.narrowing import facts_of, learn
from py2cpp_autograd.frontend.lower.unrolled import Unrolled, is_read_later, unrolled
from py2cpp_autograd.frontend.lower.values import literal, truth
from py2cpp_autograd.frontend.scope import of_others
from py2cpp_autograd.ir_walk import blocks
from py2cpp_autograd.types import BOOL, TupleType, Type


def lower_if(context: Context, node: cst.If) -> list[ir.Stmt]:
    """`if`, with branches that can never run left out (`if __name__ == ...`, `isinstance`, `x is None`)."""
    if is_main_test(node.test):
        return list(lower_suite(context, node.body, nested=False))
    if type_checking.is_for_checkers(context, node):
        return _orelse(context, node)
    test = _test(context, node)
    if isinstance(test, ir.Literal):
        if test.value:
            context.scope.skipped += [] if node.orelse is None else [node.orelse]
            return list(lower_suite(context, node.body, nested=False))
        context.scope.skipped.append(node.body)
        return _orelse(context, node)
    facts = facts_of(context, node.test, test)
    before = context.scope.flow()
    learn(context, facts.when_true)
    body = lower_suite(context, node.body)
    after_body = context.scope.flow()
    context.scope.restore(before)
    learn(context, facts.when_false)
    context.scope.block_depth += 1
    orelse = tuple(_orelse(context, node))
    context.scope.block_depth -= 1
    after_orelse = context.scope.flow()
    meet(context, [flow for flow, part in ((after_body, body), (after_orelse, orelse)) if not leaves(part)])
    return [ir.If(test, body, orelse, context.span(node))]


def _test(context: Context, node: cst.If) -> ir.Expr:
    """`not hasattr(self, "x") or self.x < 0` may wait for the type of what the branch behind it assigns."""
    found = len(context.report.diagnostics)
    try:
        return truth(context, node.test)
    except Refusal:
        if late_attributes.asks(node.test) and len(context.report.diagnostics) == found:
            before = context.scope.flow()
            lower_suite(context, node.body)
            context.scope.restore(before)
            del context.report.diagnostics[found:]
        raise


def is_main_test(node: cst.BaseExpression) -> bool:
    """Whether a condition is `__name__ == "__main__"`, which holds where a script is run."""
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


def lower_while(context: Context, node: cst.While) -> list[ir.Stmt]:
    """`while`, with its `else`."""
    _forget(context, node.body)
    test = truth(context, node.test)
    facts, before = facts_of(context, node.test, test), context.scope.flow()
    learn(context, facts.when_true)
    given = len(context.scope.given)
    with context.scope.loop(context.source.once(assigned_in, node.body)) as exits:
        body = lower_suite(context, node.body)
    after = context.scope.flow()
    forever = isinstance(test, ir.Literal) and bool(test.value)
    ended = [replace(flow, bound=flow.bound | facts.when_false.bound) for flow in (before, after)]
    meet(context, exits if forever else [*ended, *exits])
    context.scope.narrowed.clear()
    context.scope.narrowed.update(of_others(before.narrowed, context.source.once(assigned_in, node.body)))
    numbers = behind_loop(context, before.narrowed, after.narrowed, context.scope.given[given:], sure=False)
    context.scope.narrowed.update(numbers)
    return _with_else(context, node, ir.While(test, body, context.span(node)))


def _with_else(context: Context, node: cst.While | cst.For, loop: ir.While | ir.For) -> list[ir.Stmt]:
    """The loop, and behind it the `else` block: unless a `break` has cleared a flag."""
    if node.orelse is None:
        return [loop]
    before = context.scope.flow()
    orelse = lower_suite(context, node.orelse.body)
    if not _breaks(loop.body):
        return [loop, *orelse]
    meet(context, [before] if leaves(orelse) else [before, context.scope.flow()])
    span = context.span(node.orelse)
    name = context.scope.fresh_name("completed")
    flag, read = ir.NameTarget(name, BOOL, span), ir.Name(name, BOOL, span)
    body = _clearing(loop.body, ir.Assign(flag, literal(False, span), span))
    return [
        ir.Assign(flag, literal(True, span), span),
        replace(loop, body=body),
        ir.If(read, orelse, (), span),
    ]


def _clearing(body: tuple[ir.Stmt, ...], clear: ir.Stmt) -> tuple[ir.Stmt, ...]:
    """The body with the flag cleared before each `break` of this loop."""
    made: list[ir.Stmt] = []
    for statement in body:
        match statement:
            case ir.Break():
                made += [clear, statement]
            case ir.If(body=then, orelse=orelse):
                made.append(replace(statement, body=_clearing(then, clear), orelse=_clearing(orelse, clear)))
            case ir.With(body=inner):
                made.append(replace(statement, body=_clearing(inner, clear)))
            case ir.Try(body=inner, handlers=handlers, orelse=orelse):
                caught = tuple(replace(handler, body=_clearing(handler.body, clear)) for handler in handlers)
                parts = _clearing(inner, clear), _clearing(orelse, clear)
                made.append(replace(statement, body=parts[0], handlers=caught, orelse=parts[1]))
            case _:
                made.append(statement)
    return tuple(made)


def _breaks(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether the body has a `break` of its own loop."""
    return any(
        isinstance(statement, ir.Break)
        or (not isinstance(statement, ir.For | ir.While | ir.LocalFunction) and any(map(_breaks, blocks(statement))))
        for statement in body
    )


def _forget(context: Context, body: cst.BaseSuite) -> None:
    """Drop what is known about names that the loop body rebinds: it may run after a previous pass."""
    changed = context.source.once(assigned_in, body)
    context.scope.forget(changed)
    for name in changed:
        context.scope.constants.pop(name, None)


def lower_for(context: Context, node: cst.For) -> list[ir.Stmt]:
    """`for`, with its `else`."""
    if node.asynchronous is not None:
        context.refuse("PCA102", node, "asynchronous code has no translation")
    written = unrolled(context, node)
    if written is not None:
        return _unroll(context, node, written)
    columns.check_loop(context, node)
    iterable, item = loop_source(context, node.iter, node.target)
    _forget(context, node.body)
    iterable, item = dispatch.opened(context, node, iterable, item)
    iterable = live_loops.followed(context, node, iterable)
    name = dispatch.open_name(node.target, item)
    if name is not None:
        return [_module_loop(context, node, iterable, item, name)]
    before = context.scope.flow()
    context.scope.block_depth += 1
    target = lower_target(context, node.target, item, iterable)
    context.scope.block_depth -= 1
    runs = is_nonempty(context, iterable)
    early = context.scope.flow() if runs else before
    changes, given = len(context.changes), len(context.scope.given)
    bound = _bound(context, node)
    with context.scope.loop(bound) as exits:
        body = lower_suite(context, node.body)
        generators.check_unchanged(context, node, iterable, context.changes[changes:])
    after = context.scope.flow()
    sure = runs and not jumps(body)
    meet(context, [after] if sure else [early, after, *exits])
    context.scope.narrowed.clear()
    context.scope.narrowed.update(of_others(before.narrowed, bound))
    numbers = behind_loop(context, before.narrowed, after.narrowed, context.scope.given[given:], sure)
    context.scope.narrowed.update(numbers)
    return _with_else(context, node, ir.For(target, iterable, body, context.span(node)))


def _bound(context: Context, node: cst.For) -> frozenset[str]:
    """The names that a loop binds, in its body or as its variables."""
    return context.source.once(assigned_in, node.body) | set(target_names(node.target))


def _unroll(context: Context, node: cst.For, written: Unrolled) -> list[ir.Stmt]:
    """The body once for each element."""
    made: list[ir.Stmt] = []
    last: dict[str, ir.Expr] = {}
    ended: ir.Stmt | None = None
    for known in written.rounds:
        context.scope.dispatched.update(known)
        context.scope.written_out.update(dict.fromkeys(known, context.scope.depth))
        body, ended = _copy(context, node)
        last = {name: context.scope.dispatched.pop(name, value) for name, value in known.items()}
        for name in known:
            del context.scope.written_out[name]
        if jumps(tuple(body)):
            message = "when this loop over a list of several types is left is not known before the program runs"
            context.refuse("PCA307", node.target, message, "use if and else")
        made += body
        if isinstance(ended, ir.Return | ir.Raise):
            return made
        if isinstance(ended, ir.Break):
            break
    if is_read_later(context, node, written.names):
        made += [one for name, value in last.items() for one in _assigned(context, node.target, name, value)]
    if node.orelse is not None and not isinstance(ended, ir.Break):
        made += lower_suite(context, node.orelse.body, nested=False)
    return made


def _assigned(context: Context, where: cst.CSTNode, name: str, value: ir.Expr) -> list[ir.Stmt]:
    """What is left of a loop's variable behind the loop."""
    if not constants.is_known(value):
        message = f"this loop over a list of several types is written out, so that '{name}' cannot be assigned here"
        context.refuse("PCA307", where, message, "use another name for the new value")
    made = cst.Assign([cst.AssignTarget(cst.Name(name))], constants.written(value))
    context.place_at(made, context.span(where))
    return context.lower_statement(context, made)


def _copy(context: Context, node: cst.For) -> tuple[list[ir.Stmt], ir.Stmt | None]:
    """The body of a loop that is written out, up to what leaves it for sure, and that."""
    made: list[ir.Stmt] = []
    if not isinstance(node.body, cst.IndentedBlock):
        return list(lower_suite(context, node.body, nested=False)), None
    for statement in node.body.body:
        made += lower_statements(context, [statement])
        last = next((one for one in reversed(made) if not isinstance(one, ir.Comment)), None)
        if isinstance(last, ir.Continue | ir.Break):
            made.remove(last)
            return made, last
        if isinstance(last, ir.Return | ir.Raise):
            return made, last
    return made, None


def _module_loop(context: Context, node: cst.For, iterable: ir.Iterable, item: Type, name: str) -> ir.Stmt:
    """`for m in net.modules()`."""
    span = context.span(node)
    context.scope.block_depth += 1
    if context.scope.kind == "module":  # what it leaves behind is recorded
        target = lower_target(context, node.target, item, iterable)
        found = next(one for one in ir_walk.target_names(target) if one.type == dispatch.OPEN)
        module = ir.Name(found.name, dispatch.OPEN, span)
    else:
        module = ir.Name(context.scope.fresh_name("module"), dispatch.OPEN, span)
        target = _with_module(context, node.target, item, iterable, name, module)
    context.scope.block_depth -= 1
    parts = dispatch.is_over_parts(iterable)
    with context.scope.loop(_bound(context, node)):
        body = dispatch.branches(context, name, module, lambda: lower_suite(context, node.body), span, parts=parts)
    return ir.For(target, iterable, body, span)


def _with_module(
    context: Context, node: cst.BaseExpression, item: Type, iterable: ir.Iterable, name: str, module: ir.Name
) -> ir.Target:
    """The loop's target, a fresh variable in the place of the module."""
    if isinstance(node, cst.Tuple) and isinstance(item, TupleType):
        parts = zip(node.elements, item.elements, strict=True)
        made = tuple(_with_module(context, part.value, type_, iterable, name, module) for part, type_ in parts)
        return ir.Unpack(made, item, module.span)
    if isinstance(node, cst.Name) and node.value == name:
        return ir.NameTarget(module.name, module.type, module.span)
    return lower_target(context, node, item, iterable)


def jumps(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a `break` or `continue` may leave the body early (nested loops keep theirs)."""
    for statement in body:
        if isinstance(statement, ir.Break | ir.Continue):
            return True
        if isinstance(statement, ir.If) and (jumps(statement.body) or jumps(statement.orelse)):
            return True
        if isinstance(statement, ir.With | ir.Try) and any(map(jumps, blocks(statement))):
            return True
    return False
