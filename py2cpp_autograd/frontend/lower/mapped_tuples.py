"""`tuple(f(v) for v in pair)`: of a tuple whose length is known, a tuple that is as long, element by element.

    hidden = tuple(h.detach() for h in hidden)      ->      hidden = (hidden[0].detach(), hidden[1].detach())
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import declared_inside
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import note_held
from py2cpp_autograd.frontend.lower.tuples import elements
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import MixedListType, TupleType

#: What binds names in an element, which is lowered once for each place: such tuples have no known length, as before.
_BINDS = (cst.Lambda, cst.BaseComp, cst.NamedExpr)
#: Longer tuples are made in a loop.
_MOST = 8


def lower(context: Context, node: cst.Call, argument: cst.BaseExpression) -> ir.Expr | None:
    """The tuple; None where the length of what it is made of is not known."""
    each = _each(context, argument)
    if each is None:
        return None
    name, element, source = each
    value = context.expression(source)
    if not isinstance(value.type, TupleType) or isinstance(value.type, MixedListType):
        return None
    if len(value.type.elements) > _MOST:
        return None
    span = context.span(node)
    name_of_value = None if _stays(context, source) else context.scope.fresh_name("values")
    held = value if name_of_value is None else ir.Name(name_of_value, value.type, value.span)
    parts = tuple(_lowered(context, name, element, part) for part in elements(held, value.type.elements))
    for part in parts:
        note_held(context, made_at(span), part)
    type_ = TupleType(tuple(part.type for part in parts))
    made = ir.TupleDisplay(parts, type_, span)
    return made if name_of_value is None else ir.Let(name_of_value, value, made, type_, span)


def _each(context: Context, node: cst.BaseExpression) -> tuple[str, cst.BaseExpression, cst.BaseExpression] | None:
    """The variable, what is made of it, and what it runs over."""
    match node:
        case cst.GeneratorExp(elt=element, for_in=clause) | cst.ListComp(elt=element, for_in=clause):
            if clause.ifs or clause.inner_for_in is not None or not isinstance(clause.target, cst.Name):
                return None
            found = clause.target.value, element, clause.iter
        case cst.Call(func=func, args=[cst.Arg(value=function, star=""), cst.Arg(value=source, star="")]) if (
            context.qualified(func) == "builtins.map"
        ):
            match function:
                case cst.Lambda(params=cst.Parameters(params=[cst.Param(name=parameter, default=None)]), body=body):
                    found = parameter.value, body, source
                case cst.Name() if context.resolve(function.value).kind == "function":
                    item = context.scope.fresh_name("item")
                    call = cst.Call(function, [cst.Arg(cst.Name(item))])
                    context.place_at(call, context.span(node))
                    found = item, call, source
                case _:
                    return None
        case _:
            return None
    is_plain = isinstance(found[2], cst.Name | cst.Attribute | cst.Subscript | cst.Tuple)
    return None if not is_plain or any(isinstance(part, _BINDS) for part in walk(found[1])) else found


def _stays(context: Context, node: cst.BaseExpression) -> bool:
    """Whether what is run over is a variable that no function gives another value meanwhile."""
    return isinstance(node, cst.Name) and node.value not in context.source.once(declared_inside, context.source.module)


def _lowered(context: Context, name: str, element: cst.BaseExpression, part: ir.Expr) -> ir.Expr:
    """The element, where the variable is what stands at one place."""
    with context.scope.standing_for(name, part):
        return context.expression(element)
