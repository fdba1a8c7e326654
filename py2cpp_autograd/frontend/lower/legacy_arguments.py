"""Arguments as old code writes them: `size_average=False` is `reduction="sum"`, `torch.FloatTensor` names a dtype,
`x.add_(0.5, y)` is `x.add_(y, alpha=0.5)`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import symbols
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.row import Row

_AVERAGE, _REDUCE, _TODAY = "size_average", "reduce", "reduction"
_LITERALS = {"True": True, "False": False, "None": None}


def spelled_today(context: Context, row: Row, arguments: Sequence[cst.Arg]) -> Sequence[cst.Arg]:
    """The arguments with what has replaced them; it is what the old ones say, if they do."""
    if row.key == roles.TYPE and arguments:
        return [_named_type(context, arguments[0]), *arguments[1:]]
    if row.key in roles.NUMBER_FIRST:
        return _number_last(row, arguments)
    names = [parameter.name for parameter in row.variants[0].signature.parameters if parameter.name != "self"]
    if not {_AVERAGE, _REDUCE, _TODAY} <= set(names):
        return arguments
    named = [
        (argument.keyword.value if argument.keyword is not None else names[index], argument)
        for index, argument in enumerate(arguments)
        if argument.keyword is not None or (index < len(names) and not argument.star)
    ]
    old = {name: _literal(argument.value) for name, argument in named if name in (_AVERAGE, _REDUCE)}
    if len(named) < len(arguments) or not any(isinstance(value, bool) for value in old.values()):
        return arguments
    if any(isinstance(value, cst.CSTNode) for value in old.values()):
        return arguments
    averages, reduces = (old.get(name) is not False for name in (_AVERAGE, _REDUCE))
    word = "none" if not reduces else "mean" if averages else "sum"
    kept = [_by_keyword(name, argument) for name, argument in named if name not in (_AVERAGE, _REDUCE, _TODAY)]
    made = cst.Arg(cst.SimpleString(f'"{word}"'), cst.Name(_TODAY))
    for argument, (_, first) in zip([*kept, made], [*named, named[-1]], strict=False):
        context.place_at(argument, context.span(first))
    return [*kept, made]


def _number_last(row: Row, arguments: Sequence[cst.Arg]) -> Sequence[cst.Arg]:
    """`x.addcmul_(number, a, b)`: one more than there are places for tells that the number is not named."""
    places = [one.name for one in row.variants[0].signature.parameters if not one.keyword_only and one.name != "self"]
    positional = [one for one in arguments if one.keyword is None and not one.star]
    if len(positional) != len(places) + 1 or len(arguments) != len(positional):
        return arguments
    place = 1 if row.key.count(".") == 1 else 0
    named = _by_keyword(roles.NUMBER_FIRST[row.key], arguments[place])
    return [*arguments[:place], named, *arguments[place + 1 :]]


def _named_type(context: Context, argument: cst.Arg) -> cst.Arg:
    """`x.type(torch.FloatTensor)`: the class by its name."""
    known = symbols.known(context, argument.value)
    name = known.name if known is not None else context.qualified(argument.value)
    if name is None or not roles.is_tensor_class(name):
        return argument
    made = argument.with_changes(value=cst.SimpleString(f'"{name}"'))
    context.place_at(made, context.span(argument))
    return made


def _literal(node: cst.BaseExpression) -> bool | cst.CSTNode | None:
    return _LITERALS.get(node.value, node) if isinstance(node, cst.Name) else node


def _by_keyword(name: str, argument: cst.Arg) -> cst.Arg:
    return argument if argument.keyword is not None else argument.with_changes(keyword=cst.Name(name))
