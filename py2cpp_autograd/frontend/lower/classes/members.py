"""Uses of classes and of their instances: construction, method calls, properties, `super()`, special methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy, specialised
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.hierarchy import Method
from py2cpp_autograd.frontend.lower import dispatch, generators, kept, parameters
from py2cpp_autograd.frontend.lower.classes import enumerations, families, layers
from py2cpp_autograd.frontend.lower.classes.building import build_class
from py2cpp_autograd.frontend.lower.classes.method_types import given_to, join_parameters, note_method_call, told
from py2cpp_autograd.frontend.lower.parameters import Signature
from py2cpp_autograd.frontend.lower.shared_state import note_modules
from py2cpp_autograd.types import TENSOR, InstanceType, NeverType, Type, is_family


def lower_new(context: Context, node: cst.Call, class_name: str) -> ir.Expr:
    """`Net(...)`."""
    if class_name in context.scope.poisoned or class_name in context.module_scope.poisoned:
        context.pending(node)
    if hierarchy.kind_of(context, class_name) == "enum":
        return enumerations.of_value(context, node, class_name)
    lacking = hierarchy.lacking(context, class_name)
    if lacking is not None:
        message = f"class '{class_name}' is abstract, so that Python raises TypeError here: {lacking}"
        context.refuse("PCA303", node, message, "make an instance of a class that defines all methods")
    init = hierarchy.method(context, class_name, "__init__")
    if init is None:
        inherited = layers.new(context, node, class_name)
        if node.args and not inherited:
            context.refuse("PCA306", node, f"{class_name}() takes no arguments")
        signature = Signature((), frozenset())
        if inherited:
            return _made(context, node, class_name, signature, {}, inherited)
    else:
        signature = parameters.signature_of(context, init.node, 1)
    given = parameters.bind_arguments(context, node, signature, f"{class_name}()")
    return _made(context, node, class_name, signature, given)


def new_of(context: Context, node: cst.CSTNode, class_name: str, given: Mapping[str, ir.Expr]) -> ir.Expr:
    """A new object of a class whose constructor takes these lowered arguments."""
    init = hierarchy.method(context, class_name, "__init__")
    assert init is not None
    return _made(context, node, class_name, parameters.signature_of(context, init.node, 1), dict(given))


def _check_whole(context: Context, node: cst.CSTNode, class_name: str) -> None:
    """Refuse a module that makes one of a class that makes it: C++ would need each class before the other."""
    itself = context.scope.self_class
    if itself is None or itself == class_name:
        return
    context.made_inside.setdefault(itself, set()).add(class_name)
    reached, pending = set(), {class_name}
    while pending:
        reached.add(name := pending.pop())
        pending |= context.made_inside.get(name, set()) - reached
    if itself in reached:
        advice = "make the inner ones outside, and give them to the constructor"
        context.refuse("PCA102", node, f"'{class_name}' and '{itself}' make modules of each other's class", advice)


def _made(
    context: Context,
    node: cst.CSTNode,
    class_name: str,
    signature: Signature,
    given: dict[str, ir.Expr],
    inherited: tuple[ir.Expr, ...] = (),
) -> ir.Expr:
    types = parameters.argument_types(context, signature, given)
    if hierarchy.kind_of(context, class_name) == "module":
        _check_whole(context, node, class_name)
        class_name = specialised.choose(context, class_name, signature.names, types)
    settled = join_parameters(context, node, f"{class_name}.__init__", signature, types)
    context.assumptions.note((hierarchy.MADE, class_name))
    build_class(context, class_name)
    parameters.note_arguments(context, f"{class_name}.__init__", given)
    note_modules(context, *given.values())
    arguments = inherited or parameters.ordered(context, signature, given, settled, False)
    if hierarchy.kind_of(context, class_name) == "module":
        dispatch.note_class(context, hierarchy.instance_type(context, class_name))
        kept.note_made(context)
    type_ = hierarchy.instance_type(context, class_name)
    return ir.New(class_name, arguments, type_, context.span(node), inherits=bool(inherited))


def lower_method_call(context: Context, node: cst.Call, instance: ir.Expr, class_name: str, name: str) -> ir.Expr:
    """`instance.method(...)`, and `instance(...)` as its `forward`."""
    if is_family(instance.type):
        return families.call(context, node, instance, name)
    definition = hierarchy.method(context, class_name, name)
    if definition is None:
        context.refuse("PCA305", node, f"class '{class_name}' has no method '{name}'")
    if definition.kind in {"static", "class"}:
        return lower_class_call(context, node, class_name, name)
    return _call(context, node, instance, class_name, name, definition)


def _call(
    context: Context, node: cst.Call, instance: ir.Expr, class_name: str, name: str, definition: Method
) -> ir.Expr:
    build_class(context, class_name)
    note_method_call(context, f"{class_name}.{name}", instance)
    name, arguments, result = _chosen(context, node, class_name, name, definition)
    return ir.MethodCall(instance, name, arguments, result, context.span(node))


def _chosen(
    context: Context, node: cst.Call, class_name: str, name: str, definition: Method
) -> tuple[str, tuple[ir.Expr, ...], Type]:
    """The method that takes the arguments of a call, these arguments, and the type of its result."""
    signature, given = given_to(context, node, f"{class_name}.{name}", definition)
    types = parameters.argument_types(context, signature, given)
    if definition.kind in {"method", "static", "class"} and not generators.is_generator(context, definition.node):
        name = specialised.choose_method(context, class_name, name, signature.names, types)
    return name, *_passed(context, node, f"{class_name}.{name}", definition, signature, given, types)


def _bound(
    context: Context, node: cst.Call, identity: str, definition: Method, skip: int = 0
) -> tuple[tuple[ir.Expr, ...], Type]:
    """The arguments of a call of a method, and the type of its result."""
    signature, given = given_to(context, node, identity, definition, skip)
    types = parameters.argument_types(context, signature, given)
    return _passed(context, node, identity, definition, signature, given, types)


def _passed(
    context: Context,
    node: cst.Call,
    identity: str,
    definition: Method,
    signature: Signature,
    given: dict[str, ir.Expr],
    types: tuple[Type, ...],
) -> tuple[tuple[ir.Expr, ...], Type]:
    settled, result = told(context, node, identity, definition, signature, types)
    if isinstance(result, NeverType):
        context.assumptions.note(("called", identity))
        if not _calls_itself(context, identity):
            context.pending(node)
        result = TENSOR  # what else it turns out to be does not join with this
        context.assumptions.join(("result", identity), result)
    parameters.note_arguments(context, identity, given)
    explicit = generators.is_generator(context, definition.node)
    return parameters.ordered(context, signature, given, settled, explicit), result


def _calls_itself(context: Context, identity: str) -> bool:
    """Whether a module runs another one of its class, and nothing else says what that gives."""
    class_name, _, name = identity.rpartition(".")
    return name == "forward" and context.scope.identity == identity and class_name in context.building


def lower_class_call(context: Context, node: cst.Call, class_name: str, name: str) -> ir.Expr:
    """`C.method(...)` of a static or class method."""
    if hierarchy.kind_of(context, class_name) == "enum" and isinstance(node.func, cst.Attribute):
        return enumerations.call(context, node, node.func, class_name, on_member=False)
    definition = hierarchy.method(context, class_name, name)
    if definition is None:
        context.refuse("PCA305", node, f"class '{class_name}' has no method '{name}'")
    if definition.kind not in {"static", "class"}:
        advice = f"call it on an instance, or write super().{name}(...)"
        context.refuse("PCA103", node, f"'{name}' is a method of instances of '{class_name}'", advice)
    build_class(context, class_name)
    name, arguments, result = _chosen(context, node, class_name, name, definition)
    return ir.StaticCall(class_name, name, arguments, result, context.span(node))


def call_special(
    context: Context, node: cst.CSTNode, instance: ir.Expr, name: str, arguments: Sequence[ir.Expr]
) -> ir.Expr | None:
    """A special method or property on lowered operands; None where the class does not define it."""
    assert isinstance(instance.type, InstanceType)
    if is_family(instance.type):
        return families.call_special(context, node, instance, name, arguments)
    class_name = instance.type.name
    definition = hierarchy.method(context, class_name, name)
    if definition is None:
        return None
    others = [value.type for value in arguments if value.type != instance.type]
    if definition.compares and others and not isinstance(others[0], NeverType):
        message = f"objects of a dataclass compare with others of their class, and this is {others[0]}"
        context.refuse("PCA303", node, message, "compare their fields")
    build_class(context, class_name)
    note_method_call(context, f"{class_name}.{name}", instance)
    signature = parameters.signature_of(context, definition.node, 1)
    required = sum(parameter.default is None for parameter in signature.parameters)
    if not required <= len(arguments) <= len(signature.parameters):
        context.refuse("PCA306", node, f"{class_name}.{name}() does not take {len(arguments)} arguments")
    given = dict(zip(signature.names, arguments, strict=False))
    types = parameters.argument_types(context, signature, given)
    if definition.kind == "method":
        name = specialised.choose_method(context, class_name, name, signature.names, types)
    identity = f"{class_name}.{name}"
    settled, result = told(context, node, identity, definition, signature, types)
    if isinstance(result, NeverType):
        context.pending(node)
    parameters.note_arguments(context, identity, given)
    ordered = parameters.ordered(context, signature, given, settled, False)
    return ir.MethodCall(instance, name, ordered, result, context.span(node))


# --------------------------------------------------------------------------------------------- super()


def super_owner(context: Context, node: cst.BaseExpression) -> str | None:
    """The class behind which `super()` or `super(C, self)` looks; None for other expressions."""
    scope = context.scope
    match node:
        case cst.Call(func=cst.Name(value="super"), args=[]) if scope.owner_class is not None:
            return scope.owner_class
        case cst.Call(
            func=cst.Name(value="super"), args=[cst.Arg(value=cst.Name(value=owner)), cst.Arg(value=cst.Name())]
        ) if scope.self_class is not None:
            return scope.self_class if owner == specialised.origin(context, scope.self_class) else owner
        case _:
            return None


def lower_super_call(context: Context, node: cst.Call, owner: str, name: str) -> ir.Expr | None:
    """`super().name(...)`; None where the next class in the order is one of the API's, or `object`."""
    scope = context.scope
    assert scope.self_class is not None
    definition = hierarchy.next_method(context, scope.self_class, owner, name)
    if definition is None:
        return None
    if scope.instance is None or definition.kind != "method":
        context.refuse("PCA103", node, "this use of super() has no translation", "call the method on the class")
    key = f"{definition.owner}.{name}"
    context.super_methods.setdefault(scope.self_class, {})[key] = definition
    identity = f"{scope.self_class}.{key}"
    instance = ir.Name(scope.instance, hierarchy.instance_type(context, scope.self_class), context.span(node))
    note_method_call(context, identity, instance)
    arguments, result = _bound(context, node, identity, definition)
    return ir.MethodCall(instance, key, arguments, result, context.span(node))


def is_explicit_super(context: Context, node: cst.Call) -> bool:
    """Whether a call is `Base.method(self, ...)` inside a class that derives from Base."""
    scope = context.scope
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=base)), args=[cst.Arg(value=cst.Name(value=first)), *_]):
            return (
                scope.self_class is not None
                and first == scope.instance
                and base in context.classes
                and base != scope.self_class
                and hierarchy.is_derived_from(context, scope.self_class, base)
            )
        case _:
            return False


def lower_explicit_super(context: Context, node: cst.Call) -> ir.Expr:
    """`Base.method(self, ...)`: the method that Base has, on this object."""
    scope = context.scope
    assert isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name)
    assert scope.self_class is not None and scope.instance is not None
    name = node.func.attr.value
    definition = hierarchy.method(context, node.func.value.value, name)
    if definition is None or definition.kind != "method":
        context.refuse("PCA305", node, f"class '{node.func.value.value}' has no method '{name}'")
    key = f"{definition.owner}.{name}"
    context.super_methods.setdefault(scope.self_class, {})[key] = definition
    identity = f"{scope.self_class}.{key}"
    instance = ir.Name(scope.instance, hierarchy.instance_type(context, scope.self_class), context.span(node))
    note_method_call(context, identity, instance)
    arguments, result = _bound(context, node, identity, definition, skip=1)
    return ir.MethodCall(instance, key, arguments, result, context.span(node))
