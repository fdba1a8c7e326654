"""What values are parameters: what a module registers them as, and what containers of parameters may be given."""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.types import ApiType, InstanceType, NoneType, TensorType, without_none


def kind_of(context: Context, value: ir.Expr) -> str | None:
    """What a module's attribute registers of a value: what makes it says so, or the variable that holds it."""
    if isinstance(value, ir.Convert):
        return kind_of(context, value.operand)
    if isinstance(value, ir.Conditional):
        return _registration_of_either(context, value)
    if isinstance(value, ir.Name):
        fact = ("holds", context.scope.identity, value.name, "parameter")
        return "parameter" if fact in context.assumptions.facts else None
    if isinstance(value, ir.Field):
        return _registration_of_field(context, value)
    return _of_row(context, value)


def _registration_of_either(context: Context, value: ir.Conditional) -> str | None:
    """`nn.Parameter(...) if flag else None`."""
    found = {kind_of(context, part) for part in (value.body, value.orelse) if not is_none(part)}
    if len(found) > 1:
        context.refuse("PCA302", value.span, "this is a parameter in one case, and a plain tensor in the other")
    return found.pop() if found else None


def is_none(value: ir.Expr) -> bool:
    """Whether an expression is the literal None."""
    plain = value.operand if isinstance(value, ir.Convert) else value
    return isinstance(plain, ir.Literal) and isinstance(plain.type, NoneType)


def _of_row(context: Context, value: ir.Expr) -> str | None:
    """What the row that makes a value says."""
    if not isinstance(value, ir.Apply):
        return None
    row = context.table.find(value.row)
    return None if row is None else row.variants[value.variant].registers


def _registration_of_field(context: Context, value: ir.Field) -> str | None:
    if isinstance(value.instance.type, InstanceType):
        fact = ("registered", value.instance.type.name, value.name, "parameter")
        return "parameter" if fact in context.assumptions.facts else None
    is_state = isinstance(value.instance.type, ApiType) and isinstance(without_none(value.type), TensorType)
    return "parameter" if is_state and not value.name.startswith("running_") else None


def check_parameters(context: Context, bound: Bound, values: Sequence[ir.Expr]) -> None:
    """Refuse tensors where a container of parameters would make parameters of them, which C++ cannot see."""
    if "parameters" not in bound.variant.words:
        return
    for index in bound.positions.get(str(bound.variant.words["parameters"]), ()):
        for part in _held(values[index]):
            if kind_of(context, part) != "parameter":
                message = "this holds parameters: what it is given must be seen to be some"
                context.refuse("PCA303", part.span, message, "wrap each tensor in nn.Parameter where it is given")


def _held(value: ir.Expr) -> Sequence[ir.Expr]:
    """The tensors in a list or dict that is written out, or the value itself."""
    match value:
        case ir.ListDisplay(elements=elements):
            return elements
        case ir.DictDisplay(items=items):
            return [item for _, item in items]
        case ir.Comprehension(element=item):
            return [item]
        case _:
            return [value]
