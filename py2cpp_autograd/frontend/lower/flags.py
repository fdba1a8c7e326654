"""Results whose type a flag decides: `return (y, weights) if need_weights else y`, `if self.aux: return y, z`.

Where the results of a function do not join, it is lowered once for each value of its flags: parameters that calls give
`True` or `False`. So is a class, for the flags of its constructor: attributes that nothing but one such value is
ever assigned to are constants of the class. The types of the program are then found again from the start.

So are texts that such a body compares, `if norm == "batch":`, and texts that name something, as in
`getattr(nn, activation)()`: the function or class is lowered once for each text that calls give. A loop over a list of
such texts is written out.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy, specialised
from py2cpp_autograd.frontend.bindings import bindings_of
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import BOOL, NEVER, STR, BoolType, StrType, SymbolType, Type

_OPEN = "open"
#: (WRITTEN_OUT, scope, name): the loop over texts that binds the name is written out.
WRITTEN_OUT = "written out"


def specialise(context: Context) -> bool:
    """Lower the function at hand, and its class, for each value of their flags; whether that is new."""
    scope = context.scope
    bodies = [scope.body]
    if scope.self_class is not None:
        constructor = hierarchy.method(context, scope.self_class, "__init__")
        bodies += [] if constructor is None else [constructor.node.body]
    known = [body for body in bodies if isinstance(body, cst.BaseSuite)]
    texts = {_text_key(context, body, name) for body in known for name in _compared_with_texts(body)}
    return _note(context, {_key(context, body) for body in bodies if body is not None} | texts)


def _compared_with_texts(body: cst.BaseSuite) -> frozenset[str]:
    """The names that tests compare with a text, `norm == "batch"`, and that nothing in the body binds."""
    found = {
        node.left.value
        for node in walk(body)
        if isinstance(node, cst.Comparison)
        and isinstance(node.left, cst.Name)
        and isinstance(node.comparisons[0].operator, cst.Equal | cst.NotEqual)
        and isinstance(node.comparisons[0].comparator, cst.SimpleString)
    }
    return frozenset(found - bindings_of(body).counts.keys()) if found else frozenset()


def _note(context: Context, wanted: Set[Key]) -> bool:
    """Remember what is to be lowered for each value, and begin anew if that is new; whether it is."""
    found = wanted - context.assumptions.facts
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
    if function is not None and _text_key(context, function.body, parameter) in context.assumptions.facts:
        return _as_text(context, value)
    flagged = function is not None and _key(context, function.body) in context.assumptions.facts
    if flagged and isinstance(value, ir.Literal) and isinstance(value.type, BoolType):
        return ir.Literal(value.value, SymbolType(str(value.value), "flag"), value.span)
    if flagged and _is_own(context, value) and specialise(context):
        context.pending(value.span)
    return value


# ---------------------------------------------------------------------------------------------- texts


def text_of(context: Context, node: cst.BaseExpression) -> str | None:
    """The text that an expression is, where each way here gives one and the same; None for other expressions.

    A parameter or attribute is such a text from the next round on, where calls give it literals.
    """
    value = context.expression(node)
    found = _text(context, value)
    if found is None and isinstance(value.type, StrType) and _specialise_text(context, value):
        context.pending(node)
    return found


def _text(context: Context, value: ir.Expr) -> str | None:
    if isinstance(value, ir.Literal):
        return value.value if isinstance(value.value, str) else None
    return context.constant_text(value.name) if isinstance(value, ir.Name) else None


def _as_text(context: Context, value: ir.Expr) -> ir.Expr:
    """A text that is given to a parameter that is one."""
    found = _text(context, value)
    if found is not None:
        return ir.Literal(found, SymbolType(found, "text"), value.span)
    if isinstance(value.type, StrType) and _specialise_text(context, value):
        context.pending(value.span)
    return value


def _specialise_text(context: Context, value: ir.Expr) -> bool:
    """Lower what a text is given to for each text that it can be; whether that is new."""
    scope = context.scope
    found: set[Key] = set()
    match value:
        case ir.Name(name=name) if name in scope.parameters and scope.body is not None:
            found = {_text_key(context, scope.body, name)}
        case ir.Name(name=name):
            found = {(WRITTEN_OUT, scope.identity, name)}
        case ir.Field(instance=ir.Name(name=owner), name=name) if owner == scope.instance and scope.self_class:
            constructor = hierarchy.method(context, scope.self_class, "__init__")
            bodies = [] if constructor is None else [constructor.node.body]
            found = {("text attribute", specialised.origin(context, scope.self_class), name)}
            found |= {_key(context, body) for body in bodies}
        case _:
            return False
    return _note(context, found)


def _text_key(context: Context, body: cst.CSTNode, parameter: str) -> Key:
    start = context.span(body).start
    return ("text", start.line, start.column, parameter)


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
    named = ("text attribute", specialised.origin(context, class_name), name) in context.assumptions.facts
    constant = isinstance(value, ir.Literal) and isinstance(value.type, BoolType | StrType if named else BoolType)
    given = str(value.value) if isinstance(value, ir.Literal) and constant else _OPEN
    if named and given == _OPEN and isinstance(value.type, StrType) and _specialise_text(context, value):
        return
    context.assumptions.note(("flag attribute", class_name, name, given))


def field(context: Context, class_name: str, name: str, value: ir.Expr) -> ir.Expr:
    """A read of an attribute: the one value that it has, in a class that is lowered for each value of its flags."""
    facts = context.assumptions.facts
    if ("text attribute", specialised.origin(context, class_name), name) in facts:
        texts = [str(fact[3]) for fact in facts if fact[:3] == ("flag attribute", class_name, name)]
        return ir.Literal(texts[0], STR, value.span) if len(texts) == 1 and texts != [_OPEN] else value
    if not isinstance(value.type, BoolType) or not _is_flagged(context, class_name):
        return value
    known = [given for given in ("True", "False", _OPEN) if ("flag attribute", class_name, name, given) in facts]
    return ir.Literal(known[0] == "True", BOOL, value.span) if len(known) == 1 and known != [_OPEN] else value


def _is_flagged(context: Context, class_name: str) -> bool:
    constructor = hierarchy.method(context, class_name, "__init__")
    return constructor is not None and _key(context, constructor.node.body) in context.assumptions.facts
