"""`type(m).__name__`, `m.__class__.__name__`: literals, about which questions are answered before the program runs."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy, specialised
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import parametrized, symbols
from py2cpp_autograd.frontend.lower.classes import families
from py2cpp_autograd.frontend.lower.values import behind, literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import STR, ApiType, InstanceType, ModuleDictType, ModuleListType, OptionalType, SymbolType

#: Classes of Python that values are compared with: `type(x) == list`.
BUILTINS = frozenset(f"builtins.{name}" for name in ("list", "tuple", "dict", "set", "str", "bool"))
_FOLDED: dict[str, Callable[[str, str], int | bool]] = {
    "find": str.find, "count": str.count, "startswith": str.startswith, "endswith": str.endswith,
}  # fmt: skip


def instance_of(context: Context, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """`m` of `m.__class__.__name__` and `type(m).__name__`; None for other expressions."""
    match node:
        case cst.Attribute(value=cst.Attribute(value=value, attr=cst.Name("__class__")), attr=cst.Name("__name__")):
            return value
        case cst.Attribute(value=cst.Call(func=func, args=[cst.Arg(value=value)]), attr=cst.Name("__name__")) if (
            context.qualified(func) == "builtins.type"
        ):
            return value
        case _:
            return None


def lower(context: Context, node: cst.Attribute, instance: cst.BaseExpression) -> ir.Expr:
    """The name of an instance's class."""
    value = context.expression(instance)
    match value.type:
        case InstanceType(kind="family"):
            owners = hierarchy.members_of(context, value.type)
            names = {owner: literal(specialised.shown(context, owner), context.span(node)) for owner in owners}
            return families.by_class(context, node, value, names)
        case InstanceType(name=name):
            return ir.Literal(specialised.shown(context, name), STR, context.span(node))
        case ApiType(name=name) if roles.is_module(context.table, name) and not is_open(context, name):
            return ir.Literal(roles.class_of_python(name).rpartition(".")[2], STR, context.span(node))
        case ModuleListType() | ModuleDictType():
            return ir.Literal(container_class(value.type).rpartition(".")[2], STR, context.span(node))
        case _:
            context.refuse("PCA301", node, f"the name of the class of a {value.type} is not known", "test isinstance")


def of_definition(context: Context, node: cst.Attribute) -> ir.Literal | None:
    """`f.__name__` of a function or class of the program, which its name stands for; None for other expressions."""
    known = symbols.known(context, node.value)
    written = node.value.value if isinstance(node.value, cst.Name) else None
    name = written if known is None else known.name
    if node.attr.value != "__name__" or name is None:
        return None
    resolved = context.resolve(name)
    match resolved.kind:
        case "class":
            return literal(specialised.shown(context, resolved.name), context.span(node))
        case "function" if resolved.scope is not None:
            shown = _name_of(context, resolved.name, resolved.scope.functions[resolved.name])
            return None if shown is None else literal(shown, context.span(node))
        case _:
            return None


def _name_of(context: Context, name: str, function: cst.FunctionDef | cst.Lambda) -> str | None:
    """What a function is called; None where decorators decide it."""
    if isinstance(function, cst.Lambda):
        return "<lambda>"
    home = context.source.homes.get(name)
    return None if function.decorators else name if home is None else home.name


def container_class(type_: ModuleListType | ModuleDictType) -> str:
    """The class of a container of modules."""
    return roles.MODULE_LIST if isinstance(type_, ModuleListType) else roles.MODULE_DICT


def is_open(context: Context, name: str) -> bool:
    """Whether modules of several classes of Python have this type."""
    has_attention = ("module class", roles.ATTENTION) in context.assumptions.types
    several = name in {roles.MODULE, roles.ANY_MODULE} or parametrized.may_be(context, ApiType(name))
    return several or (name == roles.LINEAR and has_attention)


def kept(context: Context, node: cst.BaseExpression, value: ir.Expr) -> ir.Expr:
    """The name of a class that a variable gets: the variable stands for it from here on."""
    if isinstance(value, ir.Literal) and instance_of(context, node) is not None:
        return ir.Literal(value.value, SymbolType(str(value.value), "text"), value.span)
    return value


def text(context: Context, node: cst.CSTNode, value: ir.Expr) -> ir.Expr:
    """What Python shows of a class; any other value is given back."""
    match value.type:
        case SymbolType(name=name, kind="class"):
            shown = specialised.shown(context, name)
            is_enum = hierarchy.kind_of(context, name) == "enum"
            return behind(value, literal(f"<enum '{shown}'>" if is_enum else f"<class '__main__.{shown}'>", value.span))
        case SymbolType(name=name, kind="api") if name in roles.CLASS_TEXTS or name.startswith("builtins."):
            shown = roles.CLASS_TEXTS.get(name, name.removeprefix("builtins."))
            return behind(value, literal(f"<class '{shown}'>", value.span))
        case SymbolType(name=name) | OptionalType(inner=SymbolType(name=name)):
            context.refuse("PCA502", node, f"the text of {name} differs between Python and C++", "write its name")
        case _:
            return value


def _is_name(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is the name of a class, or a question about one whose answer is a constant."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _FOLDED:
        return _is_name(context, node.func.value)
    known = symbols.known(context, node)
    return instance_of(context, node) is not None or (known is not None and symbols.constant(known) is not None)


def method(context: Context, node: cst.Call, receiver: ir.Expr, name: str) -> ir.Expr | None:
    """`m.__class__.__name__.find("Conv")`: a constant."""
    if not isinstance(receiver, ir.Literal) or len(node.args) != 1 or not _is_name(context, node):
        return None
    argument = context.expression(node.args[0].value)
    if not (isinstance(receiver.value, str) and isinstance(argument, ir.Literal) and isinstance(argument.value, str)):
        return None
    return literal(_FOLDED[name](receiver.value, argument.value), context.span(node))
