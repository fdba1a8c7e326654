"""`with`: contexts of the API, objects with `__enter__` and `__exit__`, and generators that are context managers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import generators, guards
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.control import jumps
from py2cpp_autograd.frontend.lower.exceptions import error_names, interrupted
from py2cpp_autograd.frontend.lower.iteration import lower_target
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import NONE, InstanceType

Items = Sequence[cst.WithItem]
_NULL = "contextlib.nullcontext"
_OF_PYTHON = (_NULL, roles.SUPPRESS)


def lower_with(context: Context, node: cst.With) -> list[ir.Stmt]:
    """`with`, one context inside the other."""
    if node.asynchronous is not None:
        context.refuse("PCA102", node, "asynchronous code has no translation")
    return _within(context, node, node.items)


def _within(context: Context, node: cst.With, items: Items) -> list[ir.Stmt]:
    """The body inside the contexts that are left."""
    if not items:
        return list(lower_suite(context, node.body, nested=False))
    item = items[0]
    name = context.qualified(item.item.func) if isinstance(item.item, cst.Call) else None
    if name in _OF_PYTHON and item.asname is None:
        assert isinstance(item.item, cst.Call)
        return _of_python(context, node, item.item, name, items[1:])
    if name == roles.DEVICE and item.asname is None and _is_usual(item.item):
        return _within(context, node, items[1:])
    if isinstance(item.item, cst.Call) and generators.called(context, item.item) is not None:
        return [_generated(context, node, item, item.item, items[1:])]
    if _is_own(context, item.item):
        return _object(context, node, item, items[1:])
    guard = guards.guard(context, item.item)
    if item.asname is not None:
        context.refuse("PCA102", item, "the value of this `with` cannot be named", "leave out `as ...`")
    body = tuple(_within(context, node, items[1:]))
    return [ir.With(guard.row, guard.variant, guard.arguments, body, context.span(node))]


def _is_usual(node: cst.BaseExpression) -> bool:
    """Whether a device is the CPU, where everything is made anyway."""
    match node:
        case cst.Call(args=[cst.Arg(value=cst.SimpleString() as text, keyword=None, star="")]):
            return text.evaluated_value == "cpu"
        case _:
            return False


def _of_python(context: Context, node: cst.With, call: cst.Call, name: str, rest: Items) -> list[ir.Stmt]:
    """`with suppress(Error): ...`, a `try` that goes on; `with nullcontext(): ...`, nothing."""
    if any(argument.keyword or argument.star for argument in call.args):
        context.refuse("PCA104", call, "only plain positional arguments have a translation here")
    if name == _NULL or not call.args:
        return _within(context, node, rest)
    before = context.scope.flow()
    errors = tuple(error for argument in call.args for error in error_names(context, argument.value))
    context.scope.tries += 1
    body = tuple(_within(context, node, rest))
    context.scope.tries -= 1
    context.scope.restore(interrupted(before, context.scope.flow(), node.body))
    return [ir.Try(body, (ir.Handler(errors, None, (), context.span(call)),), (), (), context.span(node))]


def _generated(context: Context, node: cst.With, item: cst.WithItem, call: cst.Call, rest: Items) -> ir.Stmt:
    """`with scope(): ...`: the generator calls the body where it yields."""
    iterable, type_ = generators.lower_consumed(context, call, manages=True)
    target: ir.Target = ir.Unpack((), NONE, context.span(item))
    if item.asname is not None:
        target = lower_target(context, item.asname.name, type_, iterable)
    elif type_ != NONE:
        target = ir.NameTarget(context.scope.fresh_name("value"), type_, context.span(item))
    body = tuple(_within(context, node, rest))
    if jumps(body):
        context.refuse("PCA102", node, "`break` and `continue` out of this `with` have no translation", "set a flag")
    return ir.For(target, iterable, body, context.span(node))


def _is_own(context: Context, node: cst.BaseExpression) -> bool:
    """Whether a context is an object of the program."""
    callee = node.func if isinstance(node, cst.Call) else node
    if context.qualified(callee) is not None:
        return False
    made = isinstance(callee, cst.Name) and context.resolve(callee.value).kind == "class"
    return made or isinstance(context.expression(node).type, InstanceType)


def _object(context: Context, node: cst.With, item: cst.WithItem, rest: Items) -> list[ir.Stmt]:
    """`with Timer() as t: ...`: `t = timer.__enter__()`, and `timer.__exit__` in a `finally`."""
    where = context.span(item)
    manager = item.item
    before: list[ir.Stmt] = []
    if not isinstance(manager, cst.Name):
        manager = cst.Name(context.scope.fresh_name("manager"))
        context.scope.bindings.counts[manager.value] += 1
        made = cst.Assign([cst.AssignTarget(manager)], item.item)
        context.place_at(made, where)
        before += context.lower_statement(context, made)
    type_ = context.expression(manager).type
    _check(context, item, type_)
    enter: cst.BaseSmallStatement = cst.Expr(_call(manager, "__enter__"))
    if item.asname is not None:
        assert isinstance(item.asname.name, cst.Name | cst.Tuple | cst.List)
        enter = cst.Assign([cst.AssignTarget(item.asname.name)], _call(manager, "__enter__"))
    leave = cst.Expr(_call(manager, "__exit__"))
    for part in (enter, leave):
        context.place_at(part, where)
    before += context.lower_statement(context, enter)
    entered = context.scope.flow()
    body = tuple(_within(context, node, rest))
    after = context.scope.flow()
    context.scope.restore(interrupted(entered, after, node.body))
    final = tuple(context.lower_statement(context, leave))
    context.scope.restore(after)
    return [*before, ir.Try(body, (), (), final, context.span(node))]


def _call(manager: cst.Name, method: str) -> cst.Call:
    """The call of a method without arguments: `__exit__` uses none of what it is given."""
    return cst.Call(cst.Attribute(cst.Name(manager.value), cst.Name(method)), [])


def _check(context: Context, item: cst.WithItem, type_: object) -> None:
    """Refuse an object whose `__exit__` looks at exceptions, or keeps them from others."""
    name = str(type_)
    if not isinstance(type_, InstanceType) or hierarchy.method(context, name, "__enter__") is None:
        context.refuse("PCA303", item, f"a value of type {name} is no context manager", "define __enter__ and __exit__")
    definition = hierarchy.method(context, name, "__exit__")
    if definition is None:
        context.refuse("PCA303", item, f"class '{name}' has no __exit__", "define __enter__ and __exit__")
    if len(definition.node.params.params) > 1 or definition.node.params.star_arg is not cst.MaybeSentinel.DEFAULT:
        message = f"the __exit__ of '{name}' looks at the exception, which has no translation"
        context.refuse("PCA102", item, message, "write try and except around the `with`")
    for returned in _returned(definition.node.body):
        if not (isinstance(returned, cst.Name) and returned.value in {"None", "False"}):
            message = f"the __exit__ of '{name}' may keep an exception from others"
            context.refuse("PCA102", item, message, "write try and except around the `with`")


def _returned(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.Return) and node.value is not None:
        yield node.value
    for child in () if isinstance(node, cst.FunctionDef | cst.Lambda) else children(node):
        yield from _returned(child)
