"""Options of layers that Python's text of a module shows as they were written: `(2, 2)` or 2, 1 or 1.0.

C++ keeps the numbers alone, and takes what is usual for what was written. In programs that show modules, a layer that
was written in another way is told how: `py2cpp::written(torch::nn::MaxPool2d(...), {"kernel_size=(2, 2)"})`.
"""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.scope import SHOWN
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.types import FLOAT, INT, STR, ListType, NoneType


def told(context: Context, made: ir.Apply, bound: Bound, lowered: Sequence[ir.Expr], span: Span) -> ir.Expr:
    """A layer that is told how its options were written, where C++ would take them for written in another way."""
    given = [(name, lowered[bound.positions[name][0]]) for name in _forms(bound) if bound.positions.get(name)]
    if SHOWN not in context.assumptions.facts or all(_is_usual(bound, name, value) for name, value in given):
        return made
    written = [(name, _text(value)) for name, value in given]
    if not _can_be_told(bound) or any(text is None for _, text in written):
        name, value = next((name, value) for name, value in given if not _is_usual(bound, name, value))
        message = f"how '{name}' was written shows in the text of this module, which C++ does not know"
        context.refuse("PCA502", value.span, message, "write floats such as 1.0 for 1, and 2 for (2, 2)")
    texts = tuple(literal(f"{name}={text}", span) for name, text in written)
    arguments = ir.Argument("module", made), ir.Argument("forms", ir.ListDisplay(texts, ListType(STR), span))
    return ir.Apply(roles.WRITTEN, 0, "call", arguments, made.type, span)


def _forms(bound: Bound) -> Sequence[str]:
    return tuple(bound.variant.words.get("forms", ()))


def _can_be_told(bound: Bound) -> bool:
    """Whether a layer can be copied into one that knows more: it has no parameters, and a class of its own."""
    return roles.LAYER not in bound.variant.bases and not {"state", "parts"} & bound.variant.words.keys()


def _is_usual(bound: Bound, name: str, value: ir.Expr) -> bool:
    """Whether C++ tells the text of an option from its value."""
    parameter = bound.variant.signature.parameter(name)
    if isinstance(value.type, NoneType):
        return True
    if parameter is not None and str(parameter.type).startswith("float"):
        return value.type == FLOAT
    if value.type == INT:
        return True
    sizes = _numbers(value)
    return sizes is not None and (len(sizes) if roles.LAYER in bound.variant.bases else len(set(sizes))) > 1


def _numbers(value: ir.Expr) -> Sequence[object] | None:
    """The numbers of a tuple that is written out."""
    match value:
        case ir.ListDisplay(elements=elements, type=ListType(fixed=True)) | ir.TupleDisplay(elements=elements):
            found = [part.value for part in elements if isinstance(part, ir.Literal)]
            return found if len(found) == len(elements) else None
        case _:
            return None


def _text(value: ir.Expr) -> str | None:
    """The text of an option that is written out."""
    if isinstance(value, ir.Literal):
        return repr(value.value)
    numbers = _numbers(value)
    return None if numbers is None else repr(tuple(numbers))
