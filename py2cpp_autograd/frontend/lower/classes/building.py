"""Classes, once a round: the constructor when the first object is made, each method when it is called first.

What nothing has called is lowered at the end of the round, and each class put together: methods with what they
inherit, fields and class attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend import hierarchy, specialised
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.hierarchy import Method
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import conventions, flags, function_bodies, parameters, rows
from py2cpp_autograd.frontend.lower.block import comment_lines
from py2cpp_autograd.frontend.lower.classes import attributes, dict_classes, family_structs
from py2cpp_autograd.frontend.lower.classes.names import OPERATORS
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.scope import COPIED, LATE, SHOWN, SWAPPED
from py2cpp_autograd.ir_walk import gives_away
from py2cpp_autograd.types import NEVER, NONE, NeverType, NoneType, SymbolType, Type


def build_class(context: Context, class_name: str) -> None:
    """Begin the class, once per round, with its constructor."""
    if class_name in context.building:
        return
    context.building.add(class_name)
    family_structs.check_bases(context, class_name)
    for name, definition in hierarchy.methods(context, class_name).items():
        with suppress(Refusal):
            _tell_parameters(context, class_name, name, definition)
    context.begun.append(class_name)
    constructor = hierarchy.method(context, class_name, "__init__")
    if constructor is not None and _is_translated(context, class_name, "__init__", constructor):
        lower_method(context, class_name, "__init__", constructor)


def finish_classes(context: Context) -> None:
    """Put the classes together that were begun; what is left of them may begin others."""
    for class_name in context.begun:  # which grows meanwhile
        if class_name not in context.built_classes:
            with suppress(Refusal):
                _finish(context, class_name)


def _finish(context: Context, class_name: str) -> None:
    node = context.classes[class_name]
    methods = hierarchy.methods(context, class_name)
    built = [*_methods(context, class_name, methods), *_super_methods(context, class_name)]
    init = next((body for body in built if body.name == "__init__"), None)
    if init is None:
        init = ir.Function("__init__", (), NONE, (), (), context.span(node), kind="constructing")
    leading = tuple(comment_lines(context, node.leading_lines))
    context.built_classes[class_name] = ir.Class(
        class_name,
        hierarchy.kind_of(context, class_name) == "module",
        _instance_name(methods),
        _fields(context, class_name),
        init,
        tuple(body for body in built if body.name != "__init__"),
        (*leading, *docstring(context, node)),
        context.span(node),
        attributes.declared(context, class_name),
        dict_classes.declared(context, class_name),
        COPIED in context.assumptions.facts,
        ("saved class", class_name) in context.assumptions.facts,
        hierarchy.extended(context, class_name) if hierarchy.kind_of(context, class_name) == "module" else None,
        specialised.shown(context, class_name) if SHOWN in context.assumptions.facts else None,
        family_structs.above(context, class_name),
        *family_structs.asked_through(context, class_name),
        SWAPPED in context.assumptions.facts,
    )


def docstring(context: Context, node: cst.ClassDef | cst.FunctionDef) -> tuple[ir.Comment, ...]:
    """The docstring as a comment."""
    text = node.get_docstring()
    return () if text is None else (ir.Comment(text, False, context.span(node)),)


def _instance_name(methods: dict[str, Method]) -> str:
    for definition in methods.values():
        if definition.kind == "method" and definition.node.params.params:
            return definition.node.params.params[0].name.value
    return "self"


def _methods(context: Context, class_name: str, methods: dict[str, Method]) -> Iterator[ir.Function]:
    for name, definition in methods.items():
        if _is_translated(context, class_name, name, definition):
            made = lower_method(context, class_name, name, definition)
            if made is not None:
                yield made


def _is_translated(context: Context, class_name: str, name: str, definition: Method) -> bool:
    """Whether C++ gets a method of this name, and there is something to see of it."""
    inlined = ("inlined", class_name, name) in context.assumptions.facts
    left_out = inlined or hierarchy.is_abstract(context, definition)
    return not left_out and not _is_unused(context, class_name, name, definition)


def _is_unused(context: Context, class_name: str, name: str, definition: Method) -> bool:
    """Whether nothing uses a method that the source does not show."""
    facts = context.assumptions.facts
    called = any(("called", f"{class_name}.{name}", when) in facts for when in ("later", "constructing"))
    return definition.written and name != "__init__" and not called


def _super_methods(context: Context, class_name: str) -> Iterator[ir.Function]:
    """The methods of base classes that `super()` has been seen to call, which may call further ones.

    Before them, the methods that other calls need once more.
    """
    done: set[str] = set()
    for special, name in specialised.variants_of_methods(context, class_name).items():
        definition = hierarchy.methods(context, class_name)[name]
        names = parameters.signature_of(context, definition.node, definition.skip).names
        if any(("variable", f"{class_name}.{special}", name, 1) in context.assumptions.types for name in names):
            context.super_methods.setdefault(class_name, {})[special] = definition
    while True:
        wanted = [key for key in context.super_methods.get(class_name, {}) if key not in done]
        if not wanted:
            return
        for key in wanted:
            done.add(key)
            made = lower_method(context, class_name, key, context.super_methods[class_name][key])
            if made is not None:
                yield made


def _tell_parameters(context: Context, class_name: str, name: str, definition: Method) -> parameters.Signature:
    """Find the types of a method's parameters that no call has to tell."""
    identity = f"{class_name}.{name}"
    signature = parameters.signature_of(context, definition.node, definition.skip)

    def usual(parameter: cst.Param) -> Type | None:
        if name.partition("#")[0] in OPERATORS:
            return hierarchy.instance_type(context, class_name)
        return conventions.usual_type(context, identity, definition.node, parameter, class_name)

    turn = conventions.apply_to_method(context, class_name, name)
    parameters.apply_annotations(context, identity, signature, usual if turn else None)
    return signature


def _method(context: Context, class_name: str, name: str, definition: Method) -> ir.Function:
    identity = f"{class_name}.{name}"
    signature = _tell_parameters(context, class_name, name, definition)
    types = parameters.parameter_types(context, identity, signature)
    if flags.waits(context, definition.node, types):
        context.pending(definition.node)  # which of its results it gives
    enclosing = function_bodies.Enclosing(class_name, definition.owner, definition.kind, _constructs(context, identity))
    outside = context.inside_untold
    context.inside_untold = NEVER in types
    try:
        made = function_bodies.lower_body(
            context, identity, name, definition.node, definition.skip, context.module_scope, enclosing
        )
    finally:
        context.inside_untold = outside
    if made.kind == "constructing":
        _refuse_given_away(context, made, definition.node)
    context.unsettled += [one.span for one in made.parameters if isinstance(one.type, NeverType)]
    return made


def lower_method(context: Context, class_name: str, name: str, definition: Method) -> ir.Function | None:
    """The method, lowered once per round; None where it was refused, and while it is being lowered."""
    key = (class_name, name)
    if key not in context.lowered_methods:
        context.lowered_methods[key] = None
        changes = len(context.changes)
        with suppress(Refusal):
            context.lowered_methods[key] = _method(context, class_name, name, definition)
        del context.changes[changes:]  # those are not of the code that calls it
    return context.lowered_methods[key]


def _constructs(context: Context, identity: str) -> bool:
    """Whether a method runs only while the object is made: `__init__`, and what only that calls on `self`."""
    if identity.endswith(".__init__"):
        return True
    facts = context.assumptions.facts
    return ("called", identity, "constructing") in facts and ("called", identity, "later") not in facts


def _refuse_given_away(context: Context, made: ir.Function, node: cst.FunctionDef) -> None:
    """In C++ an object can be given to others only once it is made."""
    instance = node.params.params[0].name.value if node.params.params else "self"
    for place in gives_away(made.body, instance):
        message = f"'{instance}' cannot be given away before it is made"
        context.refuse("PCA102", place.span, message, "do this after the construction")


def _fields(context: Context, class_name: str) -> tuple[ir.FieldDeclaration, ...]:
    declared = []
    for name, type_ in context.assumptions.of("field", class_name).items():
        if not isinstance(type_, NoneType | SymbolType):
            default = _default(context, class_name, name, type_)
            registration = _registration(context, class_name, name, type_)
            late = (LATE, class_name, name) in context.assumptions.facts
            declared.append(ir.FieldDeclaration(name, type_, registration, default, late))
    return tuple(declared)


def _registration(context: Context, class_name: str, name: str, type_: Type) -> ir.Registration:
    facts = context.assumptions.facts
    if hierarchy.kind_of(context, class_name) != "module":
        return None
    if ("registered", class_name, name, "buffer") in facts:
        return "buffer"
    if ("registered", class_name, name, "parameter") in facts:
        return "parameter"
    return "module" if rows.is_module_type(context, type_) else None


def _default(context: Context, class_name: str, name: str, type_: Type) -> ir.Expr | None:
    """The class attribute that an instance has until it gets one of its own."""
    if any(field.name == name for field in hierarchy.dataclass_fields(context, class_name)):
        return None
    found = attributes.value_of(context, class_name, name)
    if found is None or not is_settled(type_):
        return None
    return coerce(context, found, type_, f"'{name}'")
