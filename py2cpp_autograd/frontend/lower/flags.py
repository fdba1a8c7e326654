"""Results whose type a flag decides: `return (y, weights) if need_weights else y`, `if self.aux: return y, z`.

Where the results of a function do not join, it is lowered once for each value of its flags: parameters that calls give
`True` or `False`. So is a class, for the flags of its constructor: attributes that nothing but one such value is
ever assigned to are constants of the class. The types of the program are then found again from the start.

So are texts and numbers that such a body compares with literals, `if norm == "batch":`, `if depth >= 44:`, and those
that name something, as in `getattr(nn, activation)()`, `STAGES[depth]`: the function or class is lowered once for each
constant that calls give. A loop over a list of such constants is written out.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence, Set

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy, specialised
from py2cpp_autograd.frontend.bindings import bindings_of
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import NEVER, BoolType, FloatType, IntType, StrType, SymbolType, Type

_OPEN = "open"
#: (_ATTRIBUTE, class, name): the attribute decides types where it is one constant.
_ATTRIBUTE = "constant attribute"
_CONSTANTS = StrType | IntType | FloatType
#: (WRITTEN_OUT, scope, name): the loop over constants that binds the name is written out.
WRITTEN_OUT = "written out"


def specialise(context: Context) -> bool:
    """Lower the function at hand, and its class, for each value of their flags; whether that is new."""
    scope = context.scope
    own = [] if scope.body is None else [scope.body]
    bodies: list[cst.CSTNode] = [*own, *_constructors(context)]
    wanted: set[Key] = {_key(context, body) for body in bodies}
    for body in (body for body in bodies if isinstance(body, cst.BaseSuite)):
        wanted |= {_constant_key(context, body, name) for name in _compared_parameters(body)}
    if scope.self_class is not None and isinstance(scope.body, cst.BaseSuite):
        owner = specialised.origin(context, scope.self_class)
        wanted |= {(_ATTRIBUTE, owner, name) for name in _compared_attributes(scope.body, scope.instance)}
    return _note(context, wanted)


def settled(context: Context, type_: Type | None, node: cst.CSTNode, what: str) -> Type:
    """The joined type of what flags may choose; without one, a refusal, once their values have been told apart."""
    if type_ is None and decide(context):
        context.pending(node)
    return context.settled(type_, node, what)


def decide(context: Context) -> bool:
    """Whether flags of the function at hand, if it is one, may yet tell a type."""
    return context.scope.result is not None and specialise(context)


def _constructors(context: Context) -> list[cst.BaseSuite]:
    """The body of the constructor of the class at hand."""
    class_name = context.scope.self_class
    found = None if class_name is None else hierarchy.method(context, class_name, "__init__")
    return [] if found is None else [found.node.body]


def _compared_parameters(body: cst.BaseSuite) -> frozenset[str]:
    """The names that tests compare with literals, `norm == "batch"`, and that nothing in the body binds."""
    found = {operand.value for operand in _compared(body) if isinstance(operand, cst.Name)}
    return frozenset(found - bindings_of(body).counts.keys()) if found else frozenset()


def _compared_attributes(body: cst.BaseSuite, instance: str | None) -> set[str]:
    """The attributes of the object that tests compare with literals."""
    operands = (operand for operand in _compared(body) if isinstance(operand, cst.Attribute))
    return {one.attr.value for one in operands if isinstance(one.value, cst.Name) and one.value.value == instance}


def _compared(body: cst.BaseSuite) -> Iterator[cst.BaseExpression]:
    """What tests compare with texts and numbers that are written there, or look for in a display of these."""
    for node in walk(body):
        if isinstance(node, cst.Comparison):
            operands = [node.left, *(part.comparator for part in node.comparisons)]
            if any(map(is_written, operands)):
                yield from operands


def is_written(node: cst.BaseExpression) -> bool:
    """Whether an expression is a text or number that stands there, or a display of these."""
    match node:
        case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
            return all(is_written(element.value) for element in elements)
        case _:
            return isinstance(node, cst.SimpleString | cst.BaseNumber)


def _note(context: Context, wanted: Set[Key]) -> bool:
    """Remember what is to be lowered for each value, and begin anew if that is new; whether it is."""
    found = {fact for fact in wanted if fact not in context.assumptions.facts}
    for fact in found:
        context.assumptions.note(fact)
    context.assumptions.again = context.assumptions.again or bool(found)
    return bool(found)


def decides(context: Context, node: cst.CSTNode) -> bool:
    """Whether an argument that must be a constant is a flag of this function, which is lowered for its values then."""
    written = node.value if isinstance(node, cst.Arg) else node
    if not isinstance(written, cst.Name) or written.value not in context.scope.parameters:
        return False
    return isinstance(context.expression(written).type, BoolType) and specialise(context)


def waits(context: Context, function: cst.FunctionDef, types: Sequence[Type]) -> bool:
    """Whether no call has told yet for which values of its flags a function is lowered."""
    return _key(context, function.body) in context.assumptions.facts and NEVER in types


def _key(context: Context, body: cst.CSTNode) -> Key:
    start = context.span(body).start
    return ("flags", start.line, start.column)


def as_argument(
    context: Context, function: cst.FunctionDef | cst.Lambda | None, parameter: str, value: ir.Expr
) -> ir.Expr:
    """What a call gives to a function that is lowered for each value of its flags: True and False are types."""
    facts = context.assumptions.facts
    if function is not None and _constant_key(context, function.body, parameter) in facts:
        value = _as_constant(context, value)
    flagged = function is not None and _key(context, function.body) in facts
    if flagged and isinstance(value, ir.Literal) and isinstance(value.type, BoolType):
        return ir.Literal(value.value, SymbolType(str(value.value), "flag"), value.span)
    if flagged and _is_own(context, value) and specialise(context):
        context.pending(value.span)
    return value


# ------------------------------------------------------------------------------------ texts and numbers


def text_of(context: Context, node: cst.BaseExpression) -> str | None:
    """The text that an expression is, where each way here gives one and the same; None for other expressions."""
    found = constant_of(context, node)
    return found if isinstance(found, str) else None


def constant_of(context: Context, node: cst.BaseExpression) -> str | float | None:
    """The text or number that an expression is, where each way here gives one and the same; None for others.

    A parameter or attribute is such a constant from the next round on, where calls give it literals.
    """
    value = context.expression(node)
    found = _constant(context, value)
    if found is None and isinstance(value.type, _CONSTANTS) and _specialise_constant(context, value):
        context.pending(node)
    return found


def _constant(context: Context, value: ir.Expr) -> str | float | None:
    if isinstance(value, ir.Name):
        return context.constant(value.name)
    found = value.value if isinstance(value, ir.Literal) and isinstance(value.type, _CONSTANTS) else None
    return found if isinstance(found, str) or (isinstance(found, int | float) and math.isfinite(found)) else None


def _as_constant(context: Context, value: ir.Expr) -> ir.Expr:
    """A text or number that is given to a parameter which stands for one constant."""
    found = _constant(context, value)
    if isinstance(found, str):
        return ir.Literal(found, SymbolType(found, "text"), value.span)
    if found is not None:
        return ir.Literal(found, SymbolType(repr(found), "number"), value.span)
    if isinstance(value.type, _CONSTANTS) and _specialise_constant(context, value):
        context.pending(value.span)
    return value


def _specialise_constant(context: Context, value: ir.Expr) -> bool:
    """Lower what a constant is given to for each constant that it can be; whether that is new."""
    scope = context.scope
    found: set[Key] = set()
    match value:
        case ir.Name(name=name) if name in scope.parameters and scope.body is not None:
            found = {_constant_key(context, scope.body, name)}
        case ir.Name(name=name):
            found = {(WRITTEN_OUT, scope.identity, name)}
        case ir.Field(instance=ir.Name(name=owner), name=name) if owner == scope.instance and scope.self_class:
            found = {(_ATTRIBUTE, specialised.origin(context, scope.self_class), name)}
            found |= {_key(context, body) for body in _constructors(context)}
        case _:
            return False
    return _note(context, found)


def _constant_key(context: Context, body: cst.CSTNode, parameter: str) -> Key:
    start = context.span(body).start
    return ("constant", start.line, start.column, parameter)


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
    named = (_ATTRIBUTE, specialised.origin(context, class_name), name) in context.assumptions.facts
    if not named and not isinstance(value.type, BoolType):
        return
    is_flag = isinstance(value, ir.Literal) and isinstance(value.type, BoolType)
    known = value.value if is_flag and isinstance(value, ir.Literal) else _constant(context, value)
    if known is None and isinstance(value.type, _CONSTANTS) and _specialise_constant(context, value):
        return
    context.assumptions.note(("flag attribute", class_name, name, _OPEN if known is None else repr(known)))


def field(context: Context, class_name: str, name: str, value: ir.Expr) -> ir.Expr:
    """A read of an attribute: the one value that it has, in a class that is lowered for each value of its flags."""
    facts = context.assumptions.facts
    named = (_ATTRIBUTE, specialised.origin(context, class_name), name) in facts
    if not named and not (isinstance(value.type, BoolType) and _is_flagged(context, class_name)):
        return value
    known = [str(fact[3]) for fact in facts.starting("flag attribute", class_name, name)]
    return literal(ast.literal_eval(known[0]), value.span) if len(known) == 1 and known != [_OPEN] else value


def _is_flagged(context: Context, class_name: str) -> bool:
    constructor = hierarchy.method(context, class_name, "__init__")
    return constructor is not None and _key(context, constructor.node.body) in context.assumptions.facts
