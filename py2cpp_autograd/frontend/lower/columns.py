"""`zip(*rows)`: the columns of a list of lists, or of tuples whose elements have one type; how many the run tells.

for column in zip(*rows):     ->      for (const auto& column : py2cpp::columns(rows)) {
    print(sum(column))
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled, join
from py2cpp_autograd.frontend.lower import eager, rows
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.walk import children, walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import TENSOR, ListType, StrType, TensorType, TupleType, Type, is_number


def is_transposed(node: cst.Call) -> bool:
    """Whether a call of `zip` is one of `zip(*rows)`."""
    return len(node.args) == 1 and node.args[0].star == "*"


def lower(context: Context, node: cst.Call) -> tuple[ir.Iterable, Type]:
    """The columns, each a tuple of unknown length."""
    value = certain(context.expression(node.args[0].value))
    if not is_settled(value.type):
        context.pending(node)
    element = _element(value.type)
    if element is None:
        message = f"the columns of a value of type {value.type} have no one type"
        context.refuse("PCA104", node, message, "unpack them: a, b = zip(*rows)")
    made = rows.apply_function(context, node, roles.COLUMNS, (value,))
    column = ListType(element, fixed=True)
    return ir.Items(replace(made, type=ListType(column))), column


def _element(type_: Type) -> Type | None:
    """What all rows hold: numbers, texts or tensors, of which copies are as good as the values."""
    row = type_.element if isinstance(type_, ListType) else None
    match row:
        case ListType(element=element):
            held: tuple[Type, ...] = (element,)
        case TupleType(elements=elements):
            held = elements
        case _:
            return None
    if held and all(isinstance(one, TensorType) for one in held):
        return reduce(lambda one, other: join(one, other) or TENSOR, held)
    plain = len(set(held)) == 1 and (is_number(held[0]) or isinstance(held[0], StrType))
    return held[0] if plain else None


def check_loop(context: Context, node: cst.For | cst.CompFor) -> None:
    """Refuse a loop that may change the rows, whose columns Python makes one by one."""
    for part in walk(node.iter):
        is_zip = isinstance(part, cst.Call) and context.qualified(part.func) == "builtins.zip"
        if not (isinstance(part, cst.Call) and is_zip and is_transposed(part)):
            continue
        if not all(eager.keeps(context, inside) for inside in _inside(context, node)):
            message = "this loop may change the rows whose columns it runs over"
            context.refuse("PCA102", part, message, "run over list(zip(*rows)), which stays as it is")


def _inside(context: Context, node: cst.For | cst.CompFor) -> list[cst.CSTNode]:
    """What is evaluated for each column."""
    if isinstance(node, cst.For):
        return [node.body]
    around = (part for part in walk(context.source.module) if isinstance(part, cst.BaseComp) and part.for_in is node)
    comprehension = next(around, None)
    if comprehension is None:
        return []
    made = [part for part in children(comprehension) if part is not node]
    return [*made, *(test.test for test in node.ifs), *([node.inner_for_in] if node.inner_for_in else [])]
