"""Enumerations: `class Color(Enum)`, whose members are constants with a name and a value.

Their methods are functions of the module (`normalize.enum_methods`). A member that a value or a name stands for is
found by a function that is written here, `Color_of_value(value)`, which raises what Python raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import own_classes
from py2cpp_autograd.frontend.lower.block import comment_lines
from py2cpp_autograd.frontend.lower.classes.building import docstring
from py2cpp_autograd.frontend.lower.folding import folded
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.frontend.parse import EnumMethod
from py2cpp_autograd.frontend.scope import KEYS, Scope
from py2cpp_autograd.types import BOOL, InstanceType, ListType

#: How a function is written for an enumeration.
_Written = Callable[[cst.ClassDef], cst.FunctionDef]
#: Stands for the member that is shown, in the call of its `__str__`.
_SHOWN = "member_that_is_shown__"


def member_names(context: Context, class_name: str) -> list[str]:
    """The members in order."""
    return list(hierarchy.own_attributes(context, class_name))


def check(context: Context, node: cst.ClassDef) -> None:
    """Refuse what an `enum class` cannot have."""
    for item in node.body.body:
        if isinstance(item, cst.FunctionDef):
            message = f"'{item.name.value}' of an enumeration has no translation"
            context.refuse("PCA102", item.name, message, "write a function")
    values = [value.value for value in _values(context, node, node.name.value)]
    if len({(type(value), value) for value in values}) != len(values):
        context.refuse("PCA102", node.name, "two members of this enumeration have one value", "leave one of them out")


def _values(context: Context, node: cst.CSTNode, class_name: str) -> list[ir.Literal]:
    found: list[ir.Literal] = []
    body = Scope(f"{class_name}.", "lambda", context.module_scope, Bindings())
    for name, attribute in hierarchy.own_attributes(context, class_name).items():
        value = attribute.value
        if isinstance(value, cst.Call) and context.qualified(value.func) == "enum.auto" and not value.args:
            found.append(_numbered(context, value, class_name, name, found))
            body.dispatched[name] = found[-1]
            continue
        with context.within(body):
            lowered = folded(context.expression(value))
        if not isinstance(lowered, ir.Literal):
            context.refuse("PCA404", value, f"the value of '{name}' must be a literal")
        found.append(lowered)
        body.dispatched[name] = lowered  # later values may name it
    mixed = hierarchy.mixed_in(context, InstanceType(class_name, "enum"))
    if mixed is not None and any(type(item.value) is not mixed for item in found):
        context.refuse("PCA404", node, f"the values of '{class_name}' must be literals of type {mixed.__name__}")
    return found


def _numbered(
    context: Context, node: cst.CSTNode, class_name: str, name: str, found: Sequence[ir.Literal]
) -> ir.Literal:
    """`auto()`: the next number, or the name of a member that is a text."""
    if hierarchy.mixed_in(context, InstanceType(class_name, "enum")) is str:
        if not hierarchy.shows_value(context, class_name):
            context.refuse("PCA404", node, f"the value of '{name}' must be a literal")
        return literal(name.lower(), context.span(node))
    previous = [item.value for item in found if isinstance(item.value, int)]
    return literal(max(previous, default=0) + 1, context.span(node))


def plain(context: Context, node: cst.CSTNode, value: ir.Expr) -> ir.Expr:
    """The number or text that a member is, where it is one; any other value as it is."""
    if hierarchy.mixed_in(context, value.type) is None:
        return value
    assert isinstance(value.type, InstanceType)
    class_name = value.type.name
    named = dict(zip(member_names(context, class_name), _values(context, node, class_name), strict=True))
    return _by_member(context, node, value, class_name, named)


def plain_items(context: Context, node: cst.CSTNode, value: ir.Expr) -> ir.Expr:
    """The same of a display's elements: `torch.tensor([Token.BOS, Token.EOS])`."""
    if not isinstance(value, ir.ListDisplay) or not isinstance(value.type, ListType):
        return plain(context, node, value)
    if hierarchy.mixed_in(context, value.type.element) is None:
        return value
    elements = tuple(plain(context, node, element) for element in value.elements)
    return ir.ListDisplay(elements, ListType(elements[0].type, value.type.fixed), value.span)


def member(context: Context, node: cst.CSTNode, class_name: str, name: str) -> ir.Expr:
    """`Color.RED`."""
    if name not in member_names(context, class_name):
        context.refuse("PCA305", node, f"enumeration '{class_name}' has no member '{name}'")
    build(context, class_name)
    return ir.ClassAttribute(class_name, name, InstanceType(class_name, "enum"), context.span(node))


def members(context: Context, node: cst.CSTNode, class_name: str) -> ir.ListDisplay:
    """All members, which a loop over the enumeration runs over."""
    type_ = InstanceType(class_name, "enum")
    found = tuple(member(context, node, class_name, name) for name in member_names(context, class_name))
    return ir.ListDisplay(found, ListType(type_, fixed=True), context.span(node))


def attribute(context: Context, node: cst.Attribute, value: ir.Expr, class_name: str) -> ir.Expr:
    """`color.value`, `color.name`: looked up among the members; a property, which is a function."""
    span, wanted = context.span(node), node.attr.value
    own = context.source.enum_methods.get((class_name, wanted))
    if own is not None and own.kind == "property":
        return _called(context, node, own, [cst.Arg(node.value)])
    names = member_names(context, class_name)
    if wanted not in {"value", "name"}:
        context.refuse("PCA305", node, f"enumeration '{class_name}' has no attribute '{wanted}'")
    values = _values(context, node, class_name) if wanted == "value" else [literal(name, span) for name in names]
    return _by_member(context, node, value, class_name, dict(zip(names, values, strict=True)))


def _by_member(
    context: Context, node: cst.CSTNode, value: ir.Expr, class_name: str, found: dict[str, ir.Literal]
) -> ir.Expr:
    """What belongs to a member, chosen when the program runs where it is not known which one it is."""
    span = context.span(node)
    if isinstance(value, ir.ClassAttribute):
        return found[value.name]
    *others, (_, last) = found.items()
    if any(item.type != last.type for item in found.values()):
        context.refuse("PCA302", node, f"the values of '{class_name}' have several types")
    if not is_atomic(value):
        name = context.scope.fresh_name("member")
        chosen = _by_member(context, node, ir.Name(name, value.type, span), class_name, found)
        return ir.Let(name, value, chosen, chosen.type, span)
    result: ir.Expr = last
    for name, item in reversed(others):
        test = ir.Compare("==", value, member(context, node, class_name, name), BOOL, span)
        result = ir.Conditional(test, item, result, item.type, span)
    return result


def text(context: Context, node: cst.CSTNode, value: ir.Expr, class_name: str, method: str) -> ir.Expr:
    """`str(color)`, which is "Color.RED", and `repr(color)`; what the enumeration defines for them goes before."""
    own = context.source.enum_methods.get((class_name, method))
    if own is not None:
        with context.scope.standing_for(_SHOWN, value):
            return _called(context, node, own, [cst.Arg(cst.Name(_SHOWN))])
    names = member_names(context, class_name)
    shown = [f"{class_name}.{name}" for name in names]
    if method == "__repr__":
        shown = _shown(context, node, class_name)
    elif hierarchy.shows_value(context, class_name):
        shown = [str(item.value) for item in _values(context, node, class_name)]
    texts = (literal(one, context.span(node)) for one in shown)
    return _by_member(context, node, value, class_name, dict(zip(names, texts, strict=True)))


def _shown(context: Context, node: cst.CSTNode, class_name: str) -> list[str]:
    """`<Color.RED: 1>`, for each member."""
    values = zip(member_names(context, class_name), _values(context, node, class_name), strict=True)
    return [f"<{class_name}.{name}: {item.value!r}>" for name, item in values]


def call(context: Context, node: cst.Call, func: cst.Attribute, class_name: str, on_member: bool) -> ir.Expr:
    """`color.mix(other)`, `Color.parse(text)`: the function that stands for the method."""
    own = context.source.enum_methods.get((class_name, func.attr.value))
    if own is None or own.kind == "property":
        context.refuse("PCA305", node, f"enumeration '{class_name}' has no method '{func.attr.value}'")
    takes_member = on_member and own.kind == "method"
    return _called(context, node, own, [*([cst.Arg(func.value)] if takes_member else []), *node.args])


def _called(context: Context, node: cst.CSTNode, own: EnumMethod, arguments: Sequence[cst.Arg]) -> ir.Expr:
    made = cst.Call(cst.Name(own.function), list(arguments))
    context.place_at(made, context.span(node))
    return context.expression(made)


def of_value(context: Context, node: cst.Call, class_name: str) -> ir.Expr:
    """`Color(value)`: the member with this value."""
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, f"{class_name}() takes the value of a member")
    value = context.expression(node.args[0].value)
    if value.type == InstanceType(class_name, "enum"):
        return value
    if isinstance(value, ir.Literal):
        values = dict(zip(member_names(context, class_name), _values(context, node, class_name), strict=True))
        named = [name for name, item in values.items() if item.value == value.value]
        if named:
            return member(context, node, class_name, named[0])
    return _looked_up(context, node, class_name, _of_value, node.args)


def of_name(context: Context, node: cst.Subscript, class_name: str) -> ir.Expr:
    """`Color["RED"]`: the member of this name."""
    match node.slice:
        case [cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString(evaluated_value=str(name))))]:
            return member(context, node, class_name, name)
        case [cst.SubscriptElement(slice=cst.Index(value=index))]:
            return _looked_up(context, node, class_name, _of_name, [cst.Arg(index)])
        case _:
            context.refuse("PCA306", node, f"{class_name}[...] takes the name of a member")


def _looked_up(
    context: Context, node: cst.CSTNode, class_name: str, written: _Written, arguments: Sequence[cst.Arg]
) -> ir.Expr:
    """The call of a function that looks a member up, which is defined where the enumeration stands."""
    made = context.source.once(written, context.classes[class_name])
    name = made.name.value
    if own_classes.free_name(context, name) != name:
        context.refuse("PCA103", node, f"'{name}' is a name of the program's own", "rename it")
    context.place_at(made, context.span(context.classes[class_name].name))
    context.module_scope.functions.setdefault(name, made)
    build(context, class_name)
    return _called(context, node, EnumMethod(name, "static"), arguments)


def _of_value(node: cst.ClassDef) -> cst.FunctionDef:
    """`def Color_of_value(value)`: a chain of tests, and a ValueError."""
    name = node.name.value
    tests = "".join(
        f"    if value == {name}.{member}.value:\n        return {name}.{member}\n" for member in _members_of(node)
    )
    end = f'    raise ValueError(f"{{value!r}} is not a valid {name}")\n'
    return cast("cst.FunctionDef", cst.parse_statement(f"def {name}_of_value(value):\n{tests}{end}"))


def _of_name(node: cst.ClassDef) -> cst.FunctionDef:
    """`def Color_of_name(name)`: a chain of tests, and a KeyError."""
    name = node.name.value
    tests = "".join(f'    if name == "{member}":\n        return {name}.{member}\n' for member in _members_of(node))
    return cast("cst.FunctionDef", cst.parse_statement(f"def {name}_of_name(name):\n{tests}    raise KeyError(name)\n"))


def _members_of(node: cst.ClassDef) -> Sequence[str]:
    return list(hierarchy.class_values(node))


def build(context: Context, class_name: str) -> None:
    """Add the enumeration to the output, once per round."""
    if class_name in context.building:
        return
    context.building.add(class_name)
    node = context.classes[class_name]
    leading = (*comment_lines(context, node.leading_lines), *docstring(context, node))
    names = tuple(member_names(context, class_name))
    is_key = (KEYS, class_name) in context.assumptions.facts
    shown = tuple(_shown(context, node, class_name)) if is_key else ()
    context.built_classes[class_name] = ir.Enumeration(class_name, names, leading, context.span(node), shown)
