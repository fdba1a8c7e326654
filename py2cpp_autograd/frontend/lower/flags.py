"""Results whose type a flag decides: `return (y, weights) if need_weights else y`, `if self.aux: return y, z`.

Where the results of a function do not join, it is lowered once for each value of its flags: parameters that calls give
`True` or `False`. So is a class, for the flags of its constructor: attributes that nothing but one such value is
ever assigned to are constants of the class. The types of the program are then found again from the start.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.types import BOOL, BoolType, SymbolType

_OPEN = "open"


def specialise(context: Context) -> bool:
    """Lower the function at hand, and its class, for each value of their flags; whether that is new."""
    scope = context.scope
    bodies = [scope.body]
    if scope.self_class is not None:
        constructor = hierarchy.method(context, scope.self_class, "__init__")
        bodies += [] if constructor is None else [constructor.node.body]
    found = {_key(context, body) for body in bodies if body is not None} - context.assumptions.facts
    for fact in found:
        context.assumptions.note(fact)
    context.assumptions.again = context.assumptions.again or bool(found)
    return bool(found)


def _key(context: Context, body: cst.CSTNode) -> Key:
    start = context.span(body).start
    return ("flags", start.line, start.column)


def as_argument(context: Context, function: cst.FunctionDef | cst.Lambda | None, value: ir.Expr) -> ir.Expr:
    """What a call gives to a function that is lowered for each value of its flags: True and False are types."""
    flagged = function is not None and _key(context, function.body) in context.assumptions.facts
    if flagged and isinstance(value, ir.Literal) and isinstance(value.type, BoolType):
        return ir.Literal(value.value, SymbolType(str(value.value), "flag"), value.span)
    if flagged and _is_own(context, value) and specialise(context):
        context.pending(value.span)
    return value


def _is_own(context: Context, value: ir.Expr) -> bool:
    """Whether a value is a flag of the function at hand, or of its object, which it passes on."""
    if not isinstance(value.type, BoolType) or context.scope.result is None:
        return False
    owner = value.instance if isinstance(value, ir.Field) else None
    passed = isinstance(value, ir.Name) and value.name in context.scope.parameters
    return passed or (isinstance(owner, ir.Name) and owner.name == context.scope.instance)


def note_field(context: Context, class_name: str, name: str, value: ir.Expr) -> None:
    """Remember what an attribute is assigned, in a class that is lowered for each value of its flags."""
    if not _is_flagged(context, class_name):
        return
    constant = isinstance(value, ir.Literal) and isinstance(value.type, BoolType)
    given = str(value.value) if isinstance(value, ir.Literal) and constant else _OPEN
    context.assumptions.note(("flag attribute", class_name, name, given))


def field(context: Context, class_name: str, name: str, value: ir.Expr) -> ir.Expr:
    """A read of an attribute: the one value that it has, in a class that is lowered for each value of its flags."""
    if not isinstance(value.type, BoolType) or not _is_flagged(context, class_name):
        return value
    facts = context.assumptions.facts
    known = [given for given in ("True", "False", _OPEN) if ("flag attribute", class_name, name, given) in facts]
    return ir.Literal(known[0] == "True", BOOL, value.span) if len(known) == 1 and known != [_OPEN] else value


def _is_flagged(context: Context, class_name: str) -> bool:
    constructor = hierarchy.method(context, class_name, "__init__")
    return constructor is not None and _key(context, constructor.node.body) in context.assumptions.facts
