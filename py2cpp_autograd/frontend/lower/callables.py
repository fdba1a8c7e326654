"""Functions handed to builtins: lambdas, functions of the program and builtins, called on each item."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import note_held
from py2cpp_autograd.frontend.lower.comprehensions import clauses
from py2cpp_autograd.frontend.own_names import builtin
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.types import NEVER, FunctionType, ListType, Type


def function_of(context: Context, node: cst.BaseExpression, parameters: tuple[Type, ...]) -> ir.Expr:
    """A function of these parameters as a value."""
    known = isinstance(node, cst.Name) and context.resolve(node.value).kind in {"function", "variable"}
    if not known and not isinstance(node, cst.Lambda):
        names = [context.scope.fresh_name("item") for _ in parameters]
        node = _placed(context, node, cst.Lambda(_parameters(names), applied(context, node, names)))
    return context.expression(node, FunctionType(parameters, NEVER))


def _parameters(names: Sequence[str]) -> cst.Parameters:
    return cst.Parameters([cst.Param(cst.Name(name)) for name in names])


def _placed(context: Context, like: cst.CSTNode, made: cst.BaseExpression) -> cst.BaseExpression:
    context.source.place(made, like)
    return made


def applied(context: Context, function: cst.BaseExpression, names: Sequence[str]) -> cst.BaseExpression:
    """The call of a function on variables; one that the operator module makes, as the operation itself."""
    values = [_placed(context, function, cst.Name(name)) for name in names]
    if isinstance(function, cst.Call) and len(values) == 1 and len(function.args) == 1:
        argument = function.args[0].value
        match context.qualified(function.func), argument:
            case "operator.itemgetter", _:
                index = cst.SubscriptElement(cst.Index(argument))
                return _placed(context, function, cst.Subscript(values[0], [index]))
            case "operator.attrgetter", cst.SimpleString(evaluated_value=str(name)) if name.isidentifier():
                return _placed(context, function, cst.Attribute(values[0], cst.Name(name)))
    return _placed(context, function, cst.Call(function, [cst.Arg(value) for value in values]))


def mapped(context: Context, node: cst.Call) -> ir.Expr:
    """`map(function, iterable, ...)` and `filter(function, iterable)` as a list: a comprehension over them."""
    if len(node.args) < 2 or any(argument.keyword or argument.star for argument in node.args):
        context.refuse("PCA306", node, "a function and what it is called on are needed here")
    function, *sources = [argument.value for argument in node.args]
    with clauses(context, clause_of(context, node, function, sources)) as made:
        element = context.expression(_element(context, node, function, sources))
        note_held(context, made_at(context.span(node)), element)
    return ir.Comprehension("list", None, element, made, None, ListType(element.type, fixed=True), context.span(node))


def _is_filter(context: Context, node: cst.Call) -> bool:
    return context.qualified(node.func) == "builtins.filter"


def _names(function: cst.BaseExpression, count: int) -> list[str]:
    """What the items are called: as the lambda says, else names that no program has."""
    if isinstance(function, cst.Lambda) and len(function.params.params) == count:
        return [parameter.name.value for parameter in function.params.params]
    return [f"item_{place}_" for place in range(1, count + 1)]


def _body(context: Context, function: cst.BaseExpression, names: Sequence[str]) -> cst.BaseExpression:
    if isinstance(function, cst.Lambda) and len(function.params.params) == len(names):
        return function.body
    return applied(context, function, names)


def clause_of(
    context: Context, node: cst.Call, function: cst.BaseExpression, sources: Sequence[cst.BaseExpression]
) -> cst.CompFor:
    """The clause `for item in iterable` (of several: `for a, b in zip(...)`), with the condition of a filter."""
    names = _names(function, len(sources))
    target: cst.Name | cst.Tuple = cst.Name(names[0])
    over = sources[0]
    if len(sources) > 1:
        target = cst.Tuple([cst.Element(cst.Name(name)) for name in names])
        over = _placed(context, node, cst.Call(builtin("zip"), [cst.Arg(source) for source in sources]))
    conditions = []
    if _is_filter(context, node):
        if len(sources) != 1:
            context.refuse("PCA306", node, "filter takes a function and one iterable")
        is_none = isinstance(function, cst.Name) and function.value == "None"
        test = _placed(context, node, cst.Name(names[0])) if is_none else _body(context, function, names)
        conditions = [cst.CompIf(test)]
    clause = cst.CompFor(target, over, ifs=conditions)
    for made in (clause, target):
        context.source.place(made, node)
    return clause


def element_of(context: Context, node: cst.Call) -> cst.BaseExpression:
    """What `map` or `filter` makes of the items that `clause_of` names."""
    function, *sources = [argument.value for argument in node.args]
    return _element(context, node, function, sources)


def _element(
    context: Context, node: cst.Call, function: cst.BaseExpression, sources: Sequence[cst.BaseExpression]
) -> cst.BaseExpression:
    names = _names(function, len(sources))
    if _is_filter(context, node):
        return _placed(context, node, cst.Name(names[0]))
    return _body(context, function, names)
