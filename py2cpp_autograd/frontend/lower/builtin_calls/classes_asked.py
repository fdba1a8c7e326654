"""The classes that `isinstance` asks for: written out, or held by a variable that is known when translating."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.own_names import LIBRARY
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import SymbolType, TupleType


def alternatives(context: Context, written: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Each class that is asked for, as it is written: `kinds = (nn.Linear, nn.Conv2d)` as the two of them."""
    if isinstance(written, cst.Tuple):
        return [one for element in written.elements for one in alternatives(context, element.value)]
    is_variable = isinstance(written, cst.Name) and context.resolve(written.value).kind == "variable"
    is_attribute = isinstance(written, cst.Attribute) and context.qualified(written) is None
    if not is_variable and not is_attribute:
        return [written]
    held = context.expression(written).type
    parts = held.elements if isinstance(held, TupleType) else (held,)
    symbols = [part for part in parts if isinstance(part, SymbolType) and part.kind in ("api", "class")]
    if len(symbols) != len(parts):
        return [written]
    made = [cst.parse_expression(_spelled(one)) for one in symbols]
    for one in made:
        context.place_at(one, context.span(written))
    return made


def _spelled(symbol: SymbolType) -> str:
    """The class, under a name that means it wherever it stands."""
    lead = f"{roles.LIBRARY}."
    return f"{LIBRARY}.{symbol.name.removeprefix(lead)}" if symbol.name.startswith(lead) else symbol.name
