"""Modules of a module under names that are computed.

    for i in range(n):                                       for (int64_t i = 0; i < n; ++i) {
        self.add_module("fc%d" % i, nn.Linear(4, 4))    ->     py2cpp::set_part(this, "fc" + ..., py2cpp::Linear(...));
    x = getattr(self, f"fc{i}")(x)                           }
                                                             x = py2cpp::named_part<py2cpp::Linear>(this, ...)(x);

They are found by name, among the children of the module. Their class is that of all that stands under names of the same
form ("fc{}"); C++ checks it when it runs. So are the modules of a container: `net.features.conv0`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import dispatch, rows
from py2cpp_autograd.frontend.lower.part_names import HOLE, form_of, note_named, of_containers
from py2cpp_autograd.frontend.lower.shared_state import note_stored
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    NEVER,
    STR,
    ApiType,
    DictType,
    InstanceType,
    ModuleDictType,
    NeverType,
    StrType,
    Type,
    without_none,
)

#: Gives a part, and sets one.
_GIVES, _SETS = f"{roles.OWN}.named_part", f"{roles.OWN}.set_named_part"


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
    if context.qualified(owner) is not None:
        return None
    instance = context.expression(owner)
    if _is_container(context, instance.type):
        note_named(context, name, STR, context.expression(value))
    if isinstance(name, cst.SimpleString) or not _has_parts(instance.type):
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
    """`net.fc0`, where "fc{}" is the form of a name that is computed, and `net.features.conv0`; None for others."""
    name = node.attr.value
    if context.table.attribute(ApiType(roles.MODULE), name) is not None or _is_of_api(context, instance.type, name):
        return None
    if _has_parts(instance.type):
        found = _class_of(_forms(context, str(instance.type)), name)
    elif isinstance(instance.type, ModuleDictType) and instance.type.value != ApiType(roles.ANY_MODULE):
        found = instance.type.value
    elif _is_container(context, instance.type):
        found = _class_of(of_containers(context), name)
    else:
        return None
    if found is None:
        return None
    return _part(context, node, instance, ir.Literal(name, STR, context.span(node.attr)), found)


def _is_of_api(context: Context, type_: Type, name: str) -> bool:
    """Whether a container has an attribute of its own, such as `append`."""
    if isinstance(type_, InstanceType):
        return hierarchy.has_api_attribute(context, type_, name)
    return context.table.attribute(type_, name) is not None


def _class_of(forms: Mapping[str, Type], name: str) -> Type | None:
    """The class of what stands under a name: of that very name, else of names of the closest form."""
    if name in forms:
        return forms[name]
    fitting = {form: type_ for form, type_ in forms.items() if _fits(form, name)}
    closest = max(map(len, fitting), default=0)
    found = [type_ for form, type_ in fitting.items() if len(form) == closest]
    return found[0] if len(found) == 1 else None


def by_name(context: Context, node: cst.Call) -> ir.Expr:
    """All modules of a module by name, which are of one class, or run one after the other."""
    instance = context.expression(node.args[0].value)
    held = _class_of_all(context, instance.type)
    if isinstance(held, NeverType):
        context.pending(node)
    if held is None or held == dispatch.OPEN:
        message = f"of which class the modules of a {instance.type} are is not known before the program runs"
        context.refuse("PCA301", node, message, "loop over its children: for name, child in net.named_children()")
    row = context.table.find(roles.MODULES_BY_NAME)
    assert row is not None
    given = (ir.Argument("self", instance),)
    return ir.Apply(row.key, 0, "call", given, DictType(STR, held), context.span(node))


def _class_of_all(context: Context, type_: Type) -> Type | None:
    """The class of all modules of a module: in one that runs them one after the other, any; None for several."""
    if isinstance(type_, ModuleDictType):
        return type_.value
    if _is_container(context, type_):
        return ApiType(roles.ANY_MODULE, roles.ANY_MODULE)
    if not _has_parts(type_):
        return None
    fields = map(without_none, context.assumptions.of("field", str(type_)).values())
    found = {*_forms(context, str(type_)).values(), *(one for one in fields if rows.is_module_type(context, one))}
    return found.pop() if len(found) == 1 else None if found else NEVER


def check_attribute(context: Context, node: cst.CSTNode, class_name: str, name: str, type_: Type) -> None:
    """Refuse an attribute that is a module whose name may be computed, too: C++ would have two of them."""
    if rows.is_module_type(context, type_) and any(_fits(form, name) for form in _forms(context, class_name)):
        message = f"'{name}' is an attribute, and of the form of a name that is computed"
        context.refuse("PCA203", node, message, "give it another name")


def _has_parts(type_: Type) -> bool:
    return isinstance(type_, InstanceType) and type_.kind == "module" and type_.base != roles.DERIVED_SEQUENTIAL


def _is_container(context: Context, type_: Type) -> bool:
    """Whether a module keeps others by name, and has no attributes of its own for them."""
    if isinstance(type_, InstanceType):
        return type_.base == roles.DERIVED_SEQUENTIAL
    return isinstance(type_, ModuleDictType) or roles.is_sequential(context.table, type_)


def _key(type_: Type, form: str) -> Key:
    return ("part", str(type_), form)


def _forms(context: Context, class_name: str) -> dict[str, Type]:
    """The forms of the computed names of a class, and what stands under them."""
    return context.assumptions.of("part", class_name)


def _fits(form: str, name: str) -> bool:
    return re.fullmatch(".+".join(map(re.escape, form.split(HOLE))), name) is not None


def _part(context: Context, node: cst.CSTNode, instance: ir.Expr, name: ir.Expr, held: Type) -> ir.Expr:
    row = context.table.find(_GIVES)
    assert row is not None
    given = (ir.Argument("self", instance), ir.Argument("name", name))
    return ir.Apply(row.key, 0, "call", given, held, context.span(node))
