"""Generator expressions, `map` and `filter` that are kept: functions that the iterator calls on each value it gives.

    squares = (x * x for x in xs if x)   ->   map(lambda x: x * x, filter(lambda x: x, iter(xs)))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import callables, kept, method_values, rows
from py2cpp_autograd.frontend.lower.aliases import holds_containers
from py2cpp_autograd.frontend.lower.closures import lower_lambda
from py2cpp_autograd.frontend.lower.values import truth_of
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import NEVER, BoolType, FunctionType, IteratorType, Type

Iterate = Callable[[Context, cst.BaseExpression, bool], ir.Expr]
_ADVICE = "make a list of it: list(...)"


def of_expression(context: Context, node: cst.GeneratorExp, iterate: Iterate, now: bool) -> ir.Expr:
    """`(element for target in iterable if condition)`."""
    clause = node.for_in
    if clause.inner_for_in is not None:
        context.refuse("PCA103", node, "a kept generator expression with two loops has no translation", _ADVICE)
    _check_element(context, node)
    found = iterate(context, clause.iter, now)
    for test in clause.ifs:
        found = _filtered(context, node, _function(context, node, clause.target, test.test), found, now)
    itself = isinstance(node.elt, cst.Name) and isinstance(clause.target, cst.Name)
    if itself and clause.ifs and node.elt.deep_equals(clause.target):
        return found
    return _mapped(context, node, _function(context, node, clause.target, node.elt), found, now)


def of_call(context: Context, node: cst.Call, iterate: Iterate, now: bool) -> ir.Expr:
    """`map(function, iterable, ...)`, `filter(function, iterable)`."""
    if len(node.args) < 2 or any(argument.keyword or argument.star for argument in node.args):
        context.refuse("PCA306", node, "a function and what it is called on are needed here")
    function, *sources = [argument.value for argument in node.args]
    if not now and not _stays(context, function):
        message = "a function that may be another one later is needed here at once"
        context.refuse("PCA103", function, message, "write a lambda, or the name of a function")
    _check_element(context, function)
    clause = callables.clause_of(context, node, function, sources)
    over = clause.iter
    context.source.place(over, node) if over not in sources else None
    found = iterate(context, over, now)
    if context.qualified(node.func) == "builtins.filter":
        return _filtered(context, node, _function(context, node, clause.target, clause.ifs[0].test), found, now)
    element = callables.element_of(context, node)
    return _mapped(context, node, _function(context, node, clause.target, element), found, now)


def _stays(context: Context, function: cst.BaseExpression) -> bool:
    """Whether an expression means the same function whenever it is evaluated."""
    match function:
        case cst.Lambda():
            return True
        case cst.Name(value=name):
            return context.qualified(function) is not None or context.resolve(name).kind in {"function", "class"}
        case cst.Attribute(value=owner) if context.qualified(function) is None:
            return method_values.stays(context, owner)
        case _:
            return context.qualified(function) is not None


def _check_element(context: Context, node: cst.BaseExpression) -> None:
    """Refuse code that asks an iterator for a value that it may not have: its end would be that of the other one."""
    if any(map(_asks, walk(node))):
        context.refuse("PCA103", node, "`next` in what an iterator computes has no translation", "give next a default")


def _asks(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name("next"), args=args):
            return len(args) < 2
        case _:
            return False


def _function(
    context: Context, node: cst.BaseExpression, target: cst.BaseAssignTargetExpression, body: cst.BaseExpression
) -> cst.Lambda:
    """The function of one item; the names of a target that unpacks are parts of it."""
    if isinstance(target, cst.Name):
        name = target.value
    else:
        name = context.scope.fresh_name("item")
        parts = dict(_parts(context, node, target, cst.Name(name)))
        if _rebinds(body, set(parts)):
            context.refuse("PCA103", node, "a name of this target is bound again inside", "use other names")
        renamed = body.visit(_Renaming(context, parts))
        assert isinstance(renamed, cst.BaseExpression)
        body = _placed(context, body, renamed)
    made = cst.Lambda(cst.Parameters([cst.Param(cst.Name(name))]), body)
    context.source.place(made, node)
    return made


def _parts(
    context: Context, node: cst.CSTNode, target: cst.BaseExpression, item: cst.BaseExpression
) -> list[tuple[str, cst.BaseExpression]]:
    match target:
        case cst.Name(value=name):
            return [(name, item)]
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            found: list[tuple[str, cst.BaseExpression]] = []
            for place, element in enumerate(elements):
                index = cst.SubscriptElement(cst.Index(cst.Integer(str(place))))
                found += _parts(context, node, element.value, cst.Subscript(item, [index]))
            return found
        case _:
            context.refuse("PCA102", node, "a loop variable must be a name or a tuple of names")


def _rebinds(body: cst.BaseExpression, names: set[str]) -> bool:
    """Whether an expression has functions or loops of its own that bind one of the names."""
    return any(_binds(part, names) for part in walk(body))


def _binds(node: cst.CSTNode, names: set[str]) -> bool:
    match node:
        case cst.CompFor(target=target):
            return not names.isdisjoint(target_names(target))
        case cst.Param(name=cst.Name(value=name)):
            return name in names
        case _:
            return isinstance(node, cst.NamedExpr)


class _Renaming(cst.CSTTransformer):
    """Puts the parts of an item in the place of names."""

    def __init__(self, context: Context, parts: dict[str, cst.BaseExpression]) -> None:
        super().__init__()
        self._context, self._parts = context, parts

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        """Only values are names here."""

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        made = updated_node.with_changes(attr=original_node.attr)
        return _placed(self._context, original_node, made)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        found = self._parts.get(original_node.value)
        return updated_node if found is None else _placed(self._context, original_node, found.deep_clone())


def _placed(context: Context, like: cst.CSTNode, made: cst.BaseExpression) -> cst.BaseExpression:
    context.source.place(made, like)
    return made


# ----------------------------------------------------------------------------------------- application


def _lowered(
    context: Context, node: cst.CSTNode, function: cst.Lambda, source: ir.Expr, now: bool
) -> tuple[ir.Lambda, Type]:
    """The function of one item, with what it captures."""
    assert isinstance(source.type, IteratorType)
    if not is_settled(source.type):
        context.pending(node)
    made = lower_lambda(context, function, FunctionType((source.type.element,), NEVER))
    if not isinstance(made, ir.Lambda) or not isinstance(made.type, FunctionType):
        context.pending(node)
    if not is_settled(made.type.result):
        context.pending(node)
    if now:
        captures: ir.Captures = "now"
    elif context.scope.kind == "module":
        captures = kept.captures(context, function, context.scope)
    else:
        captures = kept.escaping(context, function, context.scope)
    return replace(made, captures=captures), made.type.result


def _mapped(context: Context, node: cst.CSTNode, function: cst.Lambda, source: ir.Expr, now: bool) -> ir.Expr:
    made, result = _lowered(context, node, function, source, now)
    if holds_containers(result):
        context.refuse("PCA103", node, f"a kept iterator that makes a {result} has no translation", _ADVICE)
    return rows.apply_function(context, node, "builtins.map", (made, source))


def _filtered(context: Context, node: cst.CSTNode, function: cst.Lambda, source: ir.Expr, now: bool) -> ir.Expr:
    made, result = _lowered(context, node, function, source, now)
    if not isinstance(result, BoolType):
        assert isinstance(made.type, FunctionType)
        tested = truth_of(context, made.body, node)
        made = replace(made, body=tested, type=FunctionType(made.type.parameters, tested.type))
    return rows.apply_function(context, node, "builtins.filter", (made, source))
