"""Custom `autograd.Function` classes: lowered once, when first applied."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import function_bodies, parameters
from py2cpp_autograd.frontend.lower.block import comment_lines
from py2cpp_autograd.frontend.lower.classes.building import docstring
from py2cpp_autograd.frontend.lower.values import is_tensor_like
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    TENSOR,
    ListType,
    NeverType,
    NoneType,
    TupleType,
    Type,
)


def methods_of(node: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    """The methods that a class defines."""
    return {item.name.value: item for item in node.body.body if isinstance(item, cst.FunctionDef)}


def _enclosing(class_name: str) -> function_bodies.Enclosing:
    return function_bodies.Enclosing(class_name, class_name)


def is_function_class(context: Context, name: str) -> bool:
    """Whether a name stands for a class of the program that derives from `autograd.Function`."""
    node = context.classes.get(name)
    if node is None or context.resolve(name).kind != "class":
        return False
    bases = [context.qualified(base.value) for base in node.bases]
    return any(base is not None and roles.is_function(context.table, base) for base in bases)


def check_function_class(context: Context, node: cst.ClassDef) -> None:
    """Refuse what the C++ base class cannot express."""
    methods = methods_of(node)
    for name in ("forward", "backward"):
        if name not in methods:
            context.refuse("PCA102", node.name, f"class '{node.name.value}' has no {name}")
        _check_decorators(context, methods[name])
        if not methods[name].params.params:
            context.refuse("PCA306", methods[name].name, f"{name} takes ctx as its first parameter")
    for name, definition in methods.items():
        if name not in {"forward", "backward"}:
            context.refuse("PCA102", definition.name, f"'{name}' of an autograd.Function has no C++ counterpart")


def _check_decorators(context: Context, method: cst.FunctionDef) -> None:
    """`@staticmethod` comes first; below it, backward may be `@once_differentiable`."""
    name = method.name.value
    allowed = {"builtins.staticmethod", *([roles.ONCE_DIFFERENTIABLE] if name == "backward" else [])}
    decorators = [context.qualified(written.decorator) for written in method.decorators]
    for decorator, written in zip(decorators, method.decorators, strict=True):
        if decorator not in allowed:
            context.refuse("PCA108", written, "this decorator has no counterpart on a C++ Function")
    if decorators[:1] != ["builtins.staticmethod"] or len(decorators) != len(set(decorators)):
        context.refuse("PCA102", method.name, f"{name} must be a static method")


def lower_apply(context: Context, node: cst.Call, class_name: str) -> ir.Expr:
    """`F.apply(...)`: positional arguments only, as in Python."""
    if class_name in context.module_scope.poisoned:
        context.pending(node)
    for argument in node.args:
        if argument.keyword is not None:
            context.refuse("PCA306", argument, "apply takes no keyword arguments")
    definition = methods_of(context.classes[class_name])["forward"]
    signature = parameters.signature_of(context, definition, 1)
    given = parameters.bind_arguments(context, node, signature, f"{class_name}.apply")
    identity = f"{class_name}.forward"
    types = parameters.argument_types(context, signature, given)
    for parameter, type_ in zip(signature.names, types, strict=True):
        joined = context.assumptions.join(("variable", identity, parameter, 1), type_)
        context.settled(joined, node, f"parameter '{parameter}'")
    _build(context, class_name)
    result = context.assumptions.get(("result", identity))
    if isinstance(result, NeverType):
        context.pending(node)
    settled = parameters.parameter_types(context, identity, signature)
    arguments = parameters.ordered(context, signature, given, settled, False)
    return ir.FunctionApply(class_name, arguments, _applied(result), context.span(node))


def build_uncalled(context: Context, class_name: str) -> None:
    """Lower a Function that nothing applies, its parameters typed by annotation or convention."""
    definition = methods_of(context.classes[class_name])["forward"]
    signature = parameters.signature_of(context, definition, 1)
    parameters.apply_annotations(context, f"{class_name}.forward", signature, lambda parameter: TENSOR)
    _build(context, class_name)


def _applied(result: Type) -> Type:
    """The type of apply's result: nothing is known of the dtype of a tensor that went through C++'s engine."""
    match result:
        case TupleType(elements=elements):
            return TupleType(tuple(TENSOR if is_tensor_like(element) else element for element in elements))
        case _:
            return result


def _build(context: Context, class_name: str) -> None:
    if class_name in context.building:
        return
    context.building.add(class_name)
    node = context.classes[class_name]
    methods = methods_of(node)
    forward = function_bodies.lower_body(
        context, f"{class_name}.forward", "forward", methods["forward"], 1, context.module_scope, _enclosing(class_name)
    )
    _check_outputs(context, methods["forward"], forward.result)
    backward = _backward(context, class_name, methods["backward"], forward.result)
    attributes = tuple(
        ir.ContextAttribute(name, type_) for name, type_ in context.assumptions.of("context", class_name).items()
    )
    leading = (*comment_lines(context, node.leading_lines), *docstring(context, node))
    context.built_classes[class_name] = ir.AutogradFunction(
        class_name,
        methods["forward"].params.params[0].name.value,
        forward,
        methods["backward"].params.params[0].name.value,
        backward,
        len(methods["backward"].decorators) > 1,
        attributes,
        (),
        leading,
        context.span(node),
    )


def _check_outputs(context: Context, node: cst.FunctionDef, result: Type) -> None:
    parts = result.elements if isinstance(result, TupleType) else (result,)
    if not all(is_tensor_like(part) or isinstance(part, NeverType) for part in parts):
        context.refuse("PCA303", node.name, f"forward must return tensors in C++, not {result}")


def _backward(context: Context, class_name: str, definition: cst.FunctionDef, outputs: Type) -> ir.Function:
    identity = f"{class_name}.backward"
    signature = parameters.signature_of(context, definition, 1)
    count = len(outputs.elements) if isinstance(outputs, TupleType) else 1
    if len(signature.names) != count:
        context.refuse(
            "PCA306", definition.name, f"backward takes ctx and {count} gradients, one per output of forward"
        )
    for parameter in signature.names:
        context.assumptions.join(("variable", identity, parameter, 1), TENSOR)
    backward = function_bodies.lower_body(
        context, identity, "backward", definition, 1, context.module_scope, _enclosing(class_name)
    )
    parts = backward.result.elements if isinstance(backward.result, TupleType) else (backward.result,)
    allowed = (NoneType, NeverType)
    if isinstance(backward.result, ListType) or not all(is_tensor_like(p) or isinstance(p, allowed) for p in parts):
        context.refuse("PCA303", definition.name, f"backward must return gradients or None, not {backward.result}")
    return backward
