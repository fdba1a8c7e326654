"""Modules of a module under names that are computed.

    for i in range(n):                                       for (int64_t i = 0; i < n; ++i) {
        self.add_module("fc%d" % i, nn.Linear(4, 4))    ->     py2cpp::set_part(this, "fc" + ..., py2cpp::Linear(...));
    x = getattr(self, f"fc{i}")(x)                           }
                                                             x = py2cpp::named_part<py2cpp::Linear>(this, ...)(x);

They are found by name, among the children of the module. Their class is that of all that stands under names of the same
form ("fc{}"); C++ checks it when it runs.
"""

from __future__ import annotations

import re

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.shared_state import note_stored
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import STR, ApiType, InstanceType, StrType, Type

_HOLE = "{}"
_CONVERSION = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGsr]|\{[^{}]*\}")
#: Gives a part, and sets one.
_GIVES, _SETS = f"{roles.OWN}.named_part", f"{roles.OWN}.set_named_part"


def form_of(node: cst.BaseExpression) -> str:
    """A computed text with `{}` where something is filled in: "layer%d" % i is "layer{}", and a variable "{}"."""
    match node:
        case cst.SimpleString(evaluated_value=str(text)):
            return text
        case cst.FormattedString(parts=parts):
            return "".join(p.value if isinstance(p, cst.FormattedStringText) else _HOLE for p in parts)
        case cst.BinaryOperation(operator=cst.Modulo(), left=cst.SimpleString(evaluated_value=str(text))):
            return _CONVERSION.sub(_HOLE, text)
        case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
            return form_of(left) + form_of(right)
        case cst.Call(func=cst.Attribute(value=cst.SimpleString(evaluated_value=str(text)), attr=cst.Name("format"))):
            return _CONVERSION.sub(_HOLE, text)
        case _:
            return _HOLE


def added(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """`net.add_module(name, module)` and `setattr(net, name, module)` of a class of the program; None for others."""
    match node:
        case cst.Call(
            func=cst.Attribute(value=owner, attr=cst.Name(value="add_module" | "register_module")),
            args=[cst.Arg(value=name, keyword=None, star=""), cst.Arg(value=value, keyword=None, star="")],
        ):
            pass
        case cst.Call(func=func, args=[cst.Arg(value=owner), cst.Arg(value=name), cst.Arg(value=value)]) if (
            context.qualified(func) == "builtins.setattr"
        ):
            pass
        case _:
            return None
    if isinstance(name, cst.SimpleString) or context.qualified(owner) is not None:
        return None
    instance = context.expression(owner)
    if not _has_parts(instance.type):
        return None
    text, module = context.expression(name), context.expression(value)
    if not is_settled(module.type) or not is_settled(text.type):
        context.pending(node)
    if not isinstance(text.type, StrType) or not rows.is_module_type(context, module.type):
        return None
    note_stored(context, module)
    joined = context.assumptions.join(_key(instance.type, form_of(name)), module.type)
    context.settled(joined, node, f"'{form_of(name)}'")
    made = rows.apply_function(context, node, _SETS, [instance, text, module])
    return [ir.ExprStmt(made, context.span(node))]


def read(context: Context, node: cst.Call) -> ir.Expr | None:
    """`getattr(net, name)` of a class of the program with such modules; None for others."""
    owner, name = node.args[0].value, node.args[1].value
    if context.qualified(owner) is not None:
        return None
    instance = context.expression(owner)
    if not _has_parts(instance.type):
        return None
    held = context.assumptions.get(_key(instance.type, form_of(name)))
    if not is_settled(held):
        known = list(_forms(context, str(instance.type)).values())
        if not known or any(type_ != known[0] for type_ in known):
            return None
        held = known[0]
    return _part(context, node, instance, context.expression(name), held)


def literal_read(context: Context, node: cst.Attribute, instance: ir.Expr) -> ir.Expr | None:
    """`net.fc0`, where "fc{}" is the form of a name that is computed; None for other attributes."""
    name = node.attr.value
    if not _has_parts(instance.type) or context.table.attribute(ApiType(roles.MODULE), name) is not None:
        return None
    fitting = {form: type_ for form, type_ in _forms(context, str(instance.type)).items() if _fits(form, name)}
    closest = max(map(len, fitting), default=0)
    found = [type_ for form, type_ in fitting.items() if len(form) == closest]
    if len(found) != 1:
        return None
    return _part(context, node, instance, ir.Literal(name, STR, context.span(node.attr)), found[0])


def check_attribute(context: Context, node: cst.CSTNode, class_name: str, name: str, type_: Type) -> None:
    """Refuse an attribute that is a module whose name may be computed, too: C++ would have two of them."""
    if rows.is_module_type(context, type_) and any(_fits(form, name) for form in _forms(context, class_name)):
        message = f"'{name}' is an attribute, and of the form of a name that is computed"
        context.refuse("PCA203", node, message, "give it another name")


def _has_parts(type_: Type) -> bool:
    return isinstance(type_, InstanceType) and type_.kind == "module" and type_.base != roles.DERIVED_SEQUENTIAL


def _key(type_: Type, form: str) -> Key:
    return ("part", str(type_), form)


def _forms(context: Context, class_name: str) -> dict[str, Type]:
    """The forms of the computed names of a class, and what stands under them."""
    return context.assumptions.of("part", class_name)


def _fits(form: str, name: str) -> bool:
    return re.fullmatch(".+".join(map(re.escape, form.split(_HOLE))), name) is not None


def _part(context: Context, node: cst.CSTNode, instance: ir.Expr, name: ir.Expr, held: Type) -> ir.Expr:
    row = context.table.find(_GIVES)
    assert row is not None
    given = (ir.Argument("self", instance), ir.Argument("name", name))
    return ir.Apply(row.key, 0, "call", given, held, context.span(node))
