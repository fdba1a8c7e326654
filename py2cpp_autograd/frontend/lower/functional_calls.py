"""`functional_call(net, params, (x,), {"mask": mask})`: the call of a module, with other tensors while it runs."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.star_arguments import spread
from py2cpp_autograd.frontend.scope import SWAPPED
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    NEVER,
    STR,
    DictType,
    FunctionType,
    ListType,
    NeverType,
    NoneType,
    TensorType,
    TupleType,
    Type,
)

_PARAMETERS = ("module", "parameter_and_buffer_dicts", "args", "kwargs")
#: Options that must be what they are when they are left out.
_ABSENT = {"tie_weights": "True", "strict": "False"}
_OLD_NAME = "parameters_and_buffers"


def lower(context: Context, node: cst.Call) -> ir.Expr:
    """The call, given a lambda that calls the module."""
    given = _given(context, node)
    module = context.expression(given["module"])
    if not is_settled(module.type):
        context.pending(node)
    if not rows.is_module_type(context, module.type):
        context.refuse("PCA302", node, f"a functional call is one of a module, not of {module.type}")
    if not isinstance(given["module"], cst.Name | cst.Attribute):
        context.refuse("PCA103", node, "the module must have a name here", "give it to a variable first")
    tensors = context.expression(given["parameter_and_buffer_dicts"])
    if not is_settled(tensors.type):
        context.pending(node)
    if not _is_state(tensors.type):
        context.refuse("PCA302", node, f"a functional call takes dicts of tensors, not {tensors.type}")
    values = _arguments(context, given)
    if not all(is_settled(value.type) for value in values):
        context.pending(node)
    function = _calling(context, node, given, values)
    assert isinstance(function.type, FunctionType)
    result = function.type.result
    if isinstance(result, NeverType) or not is_settled(result):
        context.pending(node)
    context.assumptions.note(SWAPPED)
    span = context.span(node)
    packed = ir.TupleDisplay(tuple(values), TupleType(tuple(value.type for value in values)), span)
    parts = (("module", module), ("dicts", tensors), ("func", function), ("args", packed))
    arguments = tuple(ir.Argument(name, value) for name, value in parts)
    return ir.Apply(roles.FUNCTIONAL_CALL, 0, "call", arguments, result, span)


def _given(context: Context, node: cst.Call) -> dict[str, cst.BaseExpression]:
    given: dict[str, cst.BaseExpression] = {}
    for place, argument in enumerate(node.args):
        if argument.star or (argument.keyword is None and place >= len(_PARAMETERS)):
            context.refuse("PCA306", argument, f"the parameters are: {', '.join(_PARAMETERS)}")
        name = _PARAMETERS[place] if argument.keyword is None else argument.keyword.value
        if name in _ABSENT:
            if not (isinstance(argument.value, cst.Name) and argument.value.value == _ABSENT[name]):
                context.refuse("PCA402", argument, f"'{name}' must be {_ABSENT[name]} here", "leave it out")
            continue
        given[_PARAMETERS[1] if name == _OLD_NAME else name] = argument.value
    if not given.keys() <= set(_PARAMETERS) or not {"module", _PARAMETERS[1]} <= given.keys():
        context.refuse("PCA306", node, f"the parameters are: {', '.join(_PARAMETERS)}")
    return given


def _is_state(type_: Type) -> bool:
    match type_:
        case DictType(key=key, value=value):
            return key == STR and isinstance(value, TensorType)
        case TupleType(elements=elements):
            return bool(elements) and all(map(_is_state, elements))
        case ListType(element=element):
            return _is_state(element)
        case _:
            return False


def _arguments(context: Context, given: dict[str, cst.BaseExpression]) -> list[ir.Expr]:
    """What the module is called with by position, and then by keyword."""
    written = given.get("args")
    values: list[ir.Expr] = []
    if written is not None:
        value = context.expression(written)
        if isinstance(value.type, TupleType):
            argument = cst.Arg(written, star="*")
            context.place_at(argument, context.span(written))
            values = spread(context, argument, value)
        elif not isinstance(value.type, NoneType):
            values = [value]
    return values + [context.expression(value) for _, value in _keywords(context, given)]


def _keywords(
    context: Context, given: dict[str, cst.BaseExpression]
) -> list[tuple[str, cst.BaseExpression]]:
    written = given.get("kwargs")
    match written:
        case None | cst.Name(value="None"):
            return []
        case cst.Dict(elements=elements) if all(map(_keyword, elements)):
            return [(_keyword(element) or "", element.value) for element in elements]
        case _:
            context.refuse("PCA404", written, "the keywords must be seen here", "write the dict itself")


def _keyword(element: cst.BaseDictElement) -> str | None:
    match element:
        case cst.DictElement(key=cst.SimpleString(evaluated_value=str(name))):
            return name
        case _:
            return None


def _calling(
    context: Context, node: cst.Call, given: dict[str, cst.BaseExpression], values: list[ir.Expr]
) -> ir.Expr:
    """The lambda that calls the module with values of these types."""
    names = [context.scope.fresh_name("input") for _ in values]
    keywords = [keyword for keyword, _ in _keywords(context, given)]
    first = len(values) - len(keywords)
    arguments = [cst.Arg(cst.Name(name)) for name in names[:first]]
    named = zip(keywords, names[first:], strict=True)
    arguments += [cst.Arg(cst.Name(name), keyword=cst.Name(keyword)) for keyword, name in named]
    call = cst.Call(given["module"], arguments)
    made = cst.Lambda(cst.Parameters([cst.Param(cst.Name(name)) for name in names]), call)
    context.place_at(made, context.span(node))
    return context.expression(made, FunctionType(tuple(value.type for value in values), NEVER))
