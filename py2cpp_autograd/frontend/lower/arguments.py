"""Arguments of calls of the API: lowered, described to the binder, laid out for the parameters that they bind to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import groupby

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import keyword_dicts, symbols
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.lower.operator_names import is_operator
from py2cpp_autograd.frontend.lower.properties import constant
from py2cpp_autograd.frontend.lower.star_arguments import spread
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.scope import SHARED
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import NOT_LITERAL, Bound, CallArgument
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.table.signature import Either, Maybe, Variable, Word
from py2cpp_autograd.table.signature import Sequence as ListOf
from py2cpp_autograd.types import (
    INT,
    ApiType,
    FunctionType,
    IntType,
    ListType,
    ModuleListType,
    NeverType,
    NoneType,
    TensorType,
    TupleType,
)

#: What nested displays of numbers are given for.
_DATA = (Word("Data"), ListOf(Word("Data"), None))


def _takes_data(row: Row) -> bool:
    """Whether an argument may be nested displays of numbers of several types."""
    return any(p.type in _DATA for variant in row.variants for p in variant.signature.parameters)


def _gathers(row: Row) -> bool:
    """Whether C++ takes the last arguments as a list."""
    return any(p.variadic for variant in row.variants for p in variant.signature.parameters)


def lower_arguments(
    context: Context, argument: cst.Arg, row: Row
) -> Iterator[tuple[ir.Expr | cst.BaseExpression, CallArgument]]:
    """An argument; each value of a starred one, but a list as it is where C++ takes the values as a list."""
    if argument.star == "**":
        yield from _keywords(context, argument)
        return
    named = row.variants[0].words.get("named", {})
    value, description = _named(context, argument, named) or _lower(context, argument, row)
    if argument.star and isinstance(value, ir.Name | ir.Field) and isinstance(value.type, ModuleListType):
        context.assumptions.note(SHARED)  # the list has them, and what they are given to
    is_list = not isinstance(value, cst.BaseExpression) and isinstance(value.type, ListType)
    if not argument.star or isinstance(value, cst.BaseExpression) or (is_list and _gathers(row)):
        yield value, description
        return
    for element in spread(context, argument, value):
        yield element, describe(context, None, element)


def _named(
    context: Context, argument: cst.Arg, named: Mapping[str, str]
) -> tuple[ir.Expr, CallArgument] | None:
    """A function of the API for which the row has a word."""
    known = symbols.known(context, argument.value)
    held = isinstance(argument.value, cst.Name | cst.Attribute) and context.qualified(argument.value) is None
    if named and held and known is None and not _is_function(context, argument.value):
        value = context.expression(argument.value)
        if isinstance(value.type, FunctionType):
            context.refuse("PCA404", argument, "which function this is must be seen here", "give the function itself")
    word = named.get(context.qualified(argument.value) or "" if known is None else known.name)
    if word is None:
        return None
    value = literal(word, context.span(argument.value))
    return value, describe(context, None if argument.keyword is None else argument.keyword.value, value)


def _keywords(context: Context, argument: cst.Arg) -> Iterator[tuple[ir.Expr, CallArgument]]:
    """What calls have been seen to give to `**kwargs`, which is passed on; the elements of a dict."""
    scope = context.scope
    is_own = isinstance(argument.value, cst.Name) and argument.value.value == scope.keywords
    if not is_own or scope.bindings.is_local(scope.keywords or ""):
        for name, value, _ in dict_classes.spread(context, argument):
            yield value, describe(context, name, value)
        return
    for name, value in keyword_dicts.passed_on(context, argument.value):
        yield value, describe(context, name, value)


def _lower(context: Context, argument: cst.Arg, row: Row) -> tuple[ir.Expr | cst.BaseExpression, CallArgument]:
    """An argument lowered, or (a function, whose types the parameter decides) left for later."""
    keyword = None if argument.keyword is None else argument.keyword.value
    dtype = roles.DTYPES.get(context.qualified(argument.value) or "") if keyword == "dtype" else None
    named = None if dtype is None else constant(context, argument.value, dtype)
    if named is not None:
        return named, describe(context, keyword, named)
    if _is_function(context, argument.value):
        return argument.value, CallArgument(keyword, None, NOT_LITERAL)
    if isinstance(argument.value, cst.List) and any(_is_function(context, e.value) for e in argument.value.elements):
        return argument.value, CallArgument(keyword, ListType(NeverType()), NOT_LITERAL)
    is_data = isinstance(argument.value, cst.List | cst.Tuple) and _takes_data(row)
    value = _data(context, argument.value) if is_data else context.expression(argument.value)
    return value, replace(describe(context, keyword, value), starred=argument.star == "*")


def _data(context: Context, node: cst.BaseExpression) -> ir.Expr:
    """An argument that may be nested displays of numbers: these are not joined to one type."""
    if not isinstance(node, cst.List | cst.Tuple) or any(isinstance(e, cst.StarredElement) for e in node.elements):
        return context.expression(node)
    elements = tuple(_data(context, element.value) for element in node.elements)
    types = {element.type for element in elements}
    if len(types) < 2:
        return ir.ListDisplay(elements, ListType(types.pop() if types else NeverType()), context.span(node))
    return ir.TupleDisplay(elements, TupleType(tuple(e.type for e in elements)), context.span(node))


def describe(context: Context, keyword: str | None, value: ir.Expr) -> CallArgument:
    """What the binder is told of a value."""
    category = None
    if isinstance(value, ir.Apply) and value.form == "value":
        row = context.table.find(value.row)
        category = None if row is None else row.variants[0].words.get("result")
    literal = value.value if isinstance(value, ir.Literal) else NOT_LITERAL
    if isinstance(value.type, NoneType) and isinstance(value, ir.Name | ir.Field):
        literal = None  # a variable that is always None is as good as None itself
    return CallArgument(keyword, value.type, literal, category)


def _is_function(context: Context, node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Lambda):
        return True
    if isinstance(node, cst.Name) and context.resolve(node.value).kind == "function":
        return True
    known = symbols.known(context, node)
    if known is not None:
        return known.kind in ("api", "function", "partial")
    name = context.qualified(node)
    row = None if name is None else context.table.find(name)
    return is_operator(name) or (row is not None and row.variants[0].kind == "cpp")


def given_for(bound: Bound, parameter: str, values: Sequence[tuple[int, ir.Expr]], span: Span) -> ir.Expr:
    """One value, or the list that a variadic parameter collects from values and starred lists of them."""
    if parameter not in bound.collected:
        return _as_list(bound, parameter, values[0][1])
    values = [(index, _as_row(bound, parameter, value)) for index, value in values]
    parts = [list(group) for _, group in groupby(values, key=lambda item: item[0] in bound.starred)]
    lists: list[ir.Expr] = []
    for part in parts:
        if part[0][0] in bound.starred:
            lists += [value for _, value in part]
        else:
            lists.append(_display([value for _, value in part], span))
    if len({str(part.type) for part in lists if isinstance(part.type, ListType)}) > 1:
        lists = [_any_modules(part) for part in lists]
    return reduce(lambda a, b: ir.Binary("+", a, b, a.type, span), lists) if lists else _display([], span)


def _as_row(bound: Bound, parameter: str, value: ir.Expr) -> ir.Expr:
    """A tuple among lists that a variadic parameter collects."""
    written = bound.variant.signature.parameter(parameter)
    rows = written is not None and isinstance(written.type, ListOf) and isinstance(written.type.element, ListOf)
    if not rows or not isinstance(value.type, TupleType) or len(set(value.type.elements)) != 1:
        return value
    type_ = ListType(value.type.elements[0], fixed=True)
    if isinstance(value, ir.TupleDisplay):
        return ir.ListDisplay(value.elements, type_, value.span)
    return ir.Convert(value, type_, value.span)


def _any_modules(value: ir.Expr) -> ir.Expr:
    """A list among lists of other classes of modules."""
    held = ApiType(roles.ANY_MODULE, roles.ANY_MODULE)
    wanted = ListType(held, fixed=True)
    assert isinstance(value.type, ListType)
    if isinstance(value.type.element, IntType | TensorType) or value.type.element == held:
        return value
    if isinstance(value, ir.ListDisplay):
        elements = tuple(ir.Convert(element, held, element.span) for element in value.elements)
        return ir.ListDisplay(elements, wanted, value.span)
    return ir.Convert(value, wanted, value.span)


def _display(values: list[ir.Expr], span: Span) -> ir.Expr:
    return ir.ListDisplay(tuple(values), ListType(values[0].type if values else NoneType(), fixed=True), span)


def _as_list(bound: Bound, parameter: str, value: ir.Expr) -> ir.Expr:
    """A tuple that is not written out, where C++ wants a list."""
    written = bound.variant.signature.parameter(parameter)
    wanted = None if written is None else written.type.inner if isinstance(written.type, Maybe) else written.type
    if isinstance(wanted, Either):
        wanted = next((option for option in wanted.options if isinstance(option, ListOf)), wanted)
    held = bound.self_type.element if isinstance(bound.self_type, ListType) else None
    if held == ApiType(roles.ANY_MODULE) and isinstance(wanted, Variable) and value.type != held:
        return ir.Convert(value, held, value.span)
    if held == ApiType(roles.ANY_MODULE) and isinstance(wanted, ListOf) and isinstance(value.type, ListType):
        return _any_modules(value)
    if not isinstance(wanted, ListOf) or not isinstance(value.type, TupleType):
        return value
    types = set(value.type.elements)
    if not types and wanted.element == Word("int"):
        types = {INT}  # the size of a tensor of one number
    if isinstance(value, ir.TupleDisplay) and isinstance(wanted.element, Variable) and len(types) == 1:
        return ir.ListDisplay(value.elements, ListType(types.pop(), fixed=True), value.span)
    if isinstance(value, ir.TupleDisplay) or len(types) != 1:
        return value
    return ir.Convert(value, ListType(types.pop(), fixed=True), value.span)
