"""Values that may be objects of several classes with one base: `shapes: list[Shape] = [Circle(1.0), Square(2.0)]`.

C++ knows them by a struct of what the program asks of them, which the structs of the classes derive from: methods
become virtual, attributes are declared there once. Which classes these are is known from the objects that the program
makes: all of them must have what is asked for, of the same types, as C++ has one signature for all.

for shape in shapes:      ->  for (auto shape : shapes) {
    total += shape.area()       total = total + shape->area();
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import construction, hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.hierarchy import Method
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import generators, parameters
from py2cpp_autograd.frontend.lower.classes import attributes
from py2cpp_autograd.frontend.lower.classes.building import build_class
from py2cpp_autograd.frontend.lower.classes.family_structs import SHARED, VIRTUAL
from py2cpp_autograd.frontend.lower.classes.method_types import given_to, note_method_call, told
from py2cpp_autograd.frontend.lower.parameters import Signature
from py2cpp_autograd.frontend.lower.values import answered, does_nothing
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.frontend.sharing import Place
from py2cpp_autograd.types import (
    BOOL,
    NEVER,
    InstanceType,
    NeverType,
    SymbolType,
    Type,
    family_of,
)


@dataclass(frozen=True)
class _Called:
    """The method that objects of one class have, and what a call gives to its parameters."""

    owner: str
    name: str
    definition: Method
    signature: Signature
    given: dict[str, ir.Expr]

    @property
    def identity(self) -> str:
        return f"{self.owner}.{self.name}"

    @property
    def filled(self) -> list[int]:
        """Which parameters the arguments fill, in the order of these."""
        return [self.signature.names.index(name) for name in self.given]

    def default(self, index: int) -> str:
        """The text of a default."""
        written = self.signature.parameters[index].default
        return "" if written is None else cst.Module([]).code_for_node(written)


# ----------------------------------------------------------------------------------------------- calls


def call(context: Context, node: cst.Call, instance: ir.Expr, name: str) -> ir.Expr:
    """`value.method(...)`."""

    def called(owner: str, definition: Method) -> _Called:
        return _Called(owner, name, definition, *given_to(context, node, f"{owner}.{name}", definition))

    return _dispatched(context, node, instance, name, called)


def call_special(
    context: Context, node: cst.CSTNode, instance: ir.Expr, name: str, arguments: Sequence[ir.Expr]
) -> ir.Expr | None:
    """A special method or a property, on lowered operands; None where no class defines it."""
    assert isinstance(instance.type, InstanceType)
    if not any(hierarchy.method(context, owner, name) for owner in hierarchy.members_of(context, instance.type)):
        return None

    def called(owner: str, definition: Method) -> _Called:
        signature = parameters.signature_of(context, definition.node, 1)
        if len(signature.parameters) != len(arguments):
            context.refuse("PCA306", node, f"{owner}.{name}() does not take {len(arguments)} arguments")
        return _Called(owner, name, definition, signature, dict(zip(signature.names, arguments, strict=True)))

    return _dispatched(context, node, instance, name, called)


def _dispatched(
    context: Context, node: cst.CSTNode, instance: ir.Expr, name: str, called: Callable[[str, Method], _Called]
) -> ir.Expr:
    """A call that reaches the method of the object's own class."""
    family = instance.type
    assert isinstance(family, InstanceType)
    found: list[_Called] = []
    for owner, definition in _definitions(context, node, family, name):
        build_class(context, owner)
        note_method_call(context, f"{owner}.{name}", instance)
        found.append(called(owner, definition))
    _check_alike(context, node, family, found)
    types, result = _agreed(context, node, family, found)
    context.assumptions.note((VIRTUAL, str(family), name))
    context.assumptions.note_families(family)
    for one in found:
        context.sharing.flow(("result", one.identity), ("result", f"{family}.{name}"))
        parameters.note_arguments(context, one.identity, one.given)
    _pass_alike(context, found)
    if isinstance(result, NeverType):
        context.pending(node)
    arguments = parameters.ordered(context, found[0].signature, found[0].given, types, explicit=True)
    return ir.MethodCall(instance, name, arguments, result, context.span(node))


def _definitions(context: Context, node: cst.CSTNode, family: InstanceType, name: str) -> list[tuple[str, Method]]:
    """The method of each class that an object may be of; one that lacks it is refused."""
    owners = _owners(context, node, family)
    found = [(owner, hierarchy.method(context, owner, name)) for owner in owners]
    lacking = [owner for owner, definition in found if definition is None]
    if lacking:
        message = f"this may be a {lacking[0]}, whose class has no method '{name.removesuffix('.setter')}'"
        context.refuse("PCA305", node, message, _advice(family, lacking[0], name))
    return [(owner, definition) for owner, definition in found if definition is not None]


def _advice(family: InstanceType, owner: str, name: str) -> str:
    return f"define '{name}' in '{family.order[0]}', or ask first: if not isinstance(x, {owner})"


def _owners(context: Context, node: cst.CSTNode, family: InstanceType) -> list[str]:
    owners = hierarchy.members_of(context, family)
    if not owners:
        context.pending(node)
    return owners


def _check_alike(context: Context, node: cst.CSTNode, family: InstanceType, found: Sequence[_Called]) -> None:
    """Refuse methods that one C++ signature cannot stand for."""
    first = found[0]
    for one in found:
        starred = one.signature.rest is not None or one.signature.keywords is not None
        plain = one.definition.kind in ("method", "property", "setter")
        plain = plain and not one.definition.compares
        if starred or not plain or generators.is_generator(context, one.definition.node):
            message = f"'{one.identity}' cannot be called on objects of several classes"
            context.refuse("PCA303", node, message, "give it plain parameters and one result")
        kinds = one.definition.kind == first.definition.kind
        missing = set(range(len(first.signature.names))) - set(first.filled)
        if not kinds or one.filled != first.filled or any(one.default(i) != first.default(i) for i in missing):
            message = f"'{first.identity}' and '{one.identity}' do not take the same parameters"
            advice = f"let all classes of '{family.order[0]}' define it with one list of parameters and defaults"
            context.refuse("PCA303", node, message, advice)
        if len(one.signature.names) != len(first.signature.names):
            message = f"'{first.identity}' and '{one.identity}' take other numbers of parameters"
            context.refuse("PCA303", node, message, "let them take the same")


def _agreed(
    context: Context, node: cst.CSTNode, family: InstanceType, found: Sequence[_Called]
) -> tuple[tuple[Type, ...], Type]:
    """The types of the parameters and of the result, which are those of all the methods from here on."""
    for one in found:
        told(context, node, one.identity, one.definition, one.signature, _types(context, one))
    types: list[Type] = []
    for index, name in enumerate(found[0].signature.names):
        keys: list[Key] = [("variable", one.identity, one.signature.names[index], 1) for one in found]
        types.append(_one_type(context, node, keys, f"parameter '{name}'"))
    results: list[Key] = [("result", one.identity) for one in found]
    result = _one_type(context, node, results, f"the result of '{found[0].name}'")
    if any(isinstance(type_, SymbolType) for type_ in (*types, result)):
        message = f"'{found[0].name}' of several classes is called with a class, a function or a flag"
        context.refuse("PCA303", node, message, "keep it in an attribute")
    context.assumptions.join(("result", f"{family}.{found[0].name}"), result)
    return tuple(types), result


def _types(context: Context, one: _Called) -> tuple[Type, ...]:
    return parameters.argument_types(context, one.signature, one.given)


def _one_type(context: Context, node: cst.CSTNode, keys: Sequence[Key], what: str) -> Type:
    """Let what is known under several keys be of one type, which holds all."""
    joined: Type = NEVER
    for key in keys:
        held = join(joined, context.assumptions.get(key))
        joined = context.settled(held, node, f"{what} of several classes")
    for key in keys:
        if not isinstance(joined, NeverType):
            context.settled(context.assumptions.join(key, joined), node, f"{what} of several classes")
    return joined


def _pass_alike(context: Context, found: Sequence[_Called]) -> None:
    """A list that one of the methods changes is a reference for all."""
    facts = context.assumptions.facts
    for index in range(len(found[0].signature.names)):
        places = [("mutated", one.identity, one.signature.names[index]) for one in found]
        if any(place in facts for place in places):
            for place in places:
                context.assumptions.note(place)


# ------------------------------------------------------------------------------------------ attributes


def attribute(context: Context, node: cst.Attribute, value: ir.Expr) -> ir.Expr:
    """`value.name`."""
    family, name = value.type, node.attr.value
    assert isinstance(family, InstanceType)
    owners = _owners(context, node, family)
    definitions = [hierarchy.method(context, owner, name) for owner in owners]
    if any(found is not None and found.kind == "property" for found in definitions):
        read = call_special(context, node, value, name, ())
        assert read is not None
        return read
    if any(definitions):
        context.refuse("PCA103", node, f"method '{name}' as a value has no translation", "call it")
    if not any(_has_field(context, owner, name) for owner in owners):
        constants = {owner: attributes.read(context, node, owner, name) for owner in owners}
        known = {owner: found for owner, found in constants.items() if found is not None}
        if len(known) == len(owners):
            return by_class(context, node, value, known)
    type_ = field_type(context, node, family, name)
    return ir.Field(value, name, type_, context.span(node))


def _has_field(context: Context, owner: str, name: str) -> bool:
    return ("field", owner, name) in context.assumptions.types or hierarchy.assigns(context, owner, name)


def field_type(context: Context, node: cst.Attribute, family: InstanceType, name: str) -> Type:
    """The type of an attribute that all objects of a family have, which is that of each class from here on."""
    owners = _owners(context, node, family)
    for owner in owners:
        if ("field", owner, name) in context.assumptions.types:
            continue
        if hierarchy.assigns(context, owner, name):
            context.pending(node)
        message = f"this may be a {owner}, which has no attribute '{name}'"
        if hierarchy.attribute(context, owner, name) is not None:
            message = f"'{name}' is an attribute of class '{owner}', and of the objects of others"
        context.refuse("PCA305", node, message, _advice(family, owner, name))
    keys: list[Key] = [("field", owner, name) for owner in (*owners, str(family))]
    type_ = _one_type(context, node, keys, f"'{name}'")
    if isinstance(type_, SymbolType) or any(_starts(context, owner, name) for owner in owners):
        message = f"'{name}' has no place that objects of several classes share"
        context.refuse("PCA303", node, message, "give it a value in __init__ of each class")
    for owner in owners:
        if name not in construction.surely_assigned(context, owner):
            advice = f"assign it in __init__ of '{owner}'"
            context.refuse("PCA205", node, f"attribute '{name}' may have no value here", advice)
        _same_place(context, ("field", str(family), name), ("field", owner, name))
    context.assumptions.note((SHARED, str(family), name))
    context.assumptions.note_families(family)
    return type_


def _same_place(context: Context, one: Place, other: Place) -> None:
    context.sharing.flow(one, other)
    context.sharing.flow(other, one)


def _starts(context: Context, owner: str, name: str) -> bool:
    """Whether objects have the value of a class attribute at first."""
    is_field = any(field.name == name for field in hierarchy.dataclass_fields(context, owner))
    return not is_field and hierarchy.attribute(context, owner, name) is not None


def by_class(context: Context, node: cst.CSTNode, value: ir.Expr, known: Mapping[str, ir.Expr]) -> ir.Expr:
    """What each class has one value of, chosen by the class of an object."""
    if not does_nothing(value):
        context.refuse("PCA103", node, "this would be evaluated several times", "put the object into a variable first")
    *others, (_, chosen) = known.items()
    if {repr(one.type) for one in known.values()} != {repr(chosen.type)}:
        context.refuse("PCA302", node, "this has another type in each class", "ask isinstance first")
    for owner, one in reversed(others):
        asked = ir.IsInstance(value, hierarchy.instance_type(context, owner), BOOL, context.span(node))
        chosen = ir.Conditional(asked, one, chosen, chosen.type, context.span(node))
    return chosen


# ------------------------------------------------------------------------------------------- questions


def is_instance(
    context: Context, node: cst.Call, value: ir.Expr, named: Sequence[str], others: bool = False
) -> ir.Expr:
    """`isinstance(value, (A, B))`; `others`: all objects are of one of the other classes that it names."""
    assert isinstance(value.type, InstanceType)
    owners, span = _owners(context, node, value.type), context.span(node)
    fitting = {name: [one for one in owners if hierarchy.is_derived_from(context, one, name)] for name in named}
    yes = {one for found in fitting.values() for one in found}
    if others or not yes or yes == set(owners):
        return answered(value, others or bool(yes), span)
    tests = [_asked(context, value, name, found, node) for name, found in fitting.items() if found]
    if len(tests) > 1 and not does_nothing(value):
        context.refuse("PCA103", node, "this would be evaluated several times", "put the object into a variable first")
    return tests[0] if len(tests) == 1 else ir.Logical("or", tuple(tests), BOOL, span)


def _asked(context: Context, value: ir.Expr, name: str, fitting: Sequence[str], node: cst.Call) -> ir.Expr:
    """A test for the one class that fits, or for the family of several."""
    type_ = hierarchy.instance_type(context, fitting[0])
    if len(fitting) > 1:
        type_ = family_of(hierarchy.mro(context, name))
        context.assumptions.note_families(type_)
    return ir.IsInstance(value, type_, BOOL, context.span(node))
