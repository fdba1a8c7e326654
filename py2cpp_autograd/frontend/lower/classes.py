"""Classes of the program: modules and plain ones, lowered once, when first instantiated."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import function_bodies, parameters, rows
from py2cpp_autograd.frontend.lower.block import comment_lines
from py2cpp_autograd.frontend.lower.parameters import Signature
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import NONE, InstanceType, NeverType, Type


def methods_of(node: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    """The methods that a class defines."""
    return {item.name.value: item for item in node.body.body if isinstance(item, cst.FunctionDef)}


def defines(context: Context, class_name: str, method: str) -> bool:
    """Whether a class of the program defines the method."""
    return method in methods_of(context.classes[class_name])


def assigns(context: Context, class_name: str, name: str) -> bool:
    """Whether some method of the class assigns `self.name`, so that a later round may know its type."""
    return any(
        isinstance(target, cst.Attribute) and target.attr.value == name
        for target in _Attributes.of(context.classes[class_name])
    )


class _Attributes(cst.CSTVisitor):
    def __init__(self) -> None:
        self.targets: list[cst.BaseExpression] = []

    @staticmethod
    def of(node: cst.ClassDef) -> list[cst.BaseExpression]:
        visitor = _Attributes()
        node.visit(visitor)
        return visitor.targets

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self.targets.append(node.target)


def is_module_class(context: Context, class_name: str) -> bool:
    """Whether the class derives from the API's module class."""
    bases = [context.qualified(base.value) for base in context.classes[class_name].bases]
    return any(base is not None and roles.is_module(context.table, base) for base in bases)


def check_class(context: Context, node: cst.ClassDef) -> None:
    """Refuse what no class of C++ output can have."""
    name = node.name.value
    if node.decorators:
        context.refuse("PCA108", node.decorators[0], "a class decorator has no translation")
    if not is_module_class(context, name):
        context.refuse(
            "PCA102",
            node.name,
            f"class '{name}' is neither an nn.Module nor an autograd.Function",
            "use functions and variables, or derive from nn.Module",
        )
    if len(node.bases) != 1 or node.keywords:
        context.refuse("PCA102", node.name, f"class '{name}' has several bases", "derive from one class")
    for item in node.body.body:
        if isinstance(item, cst.FunctionDef):
            _check_method(context, item)
        elif not _is_plain(item):
            context.refuse("PCA102", item, "only methods have a translation in a class body", "assign it in __init__")


def _check_method(context: Context, node: cst.FunctionDef) -> None:
    for decorator in node.decorators:
        name = context.qualified(decorator.decorator)
        if name in {"builtins.staticmethod", "builtins.classmethod", "builtins.property"}:
            context.refuse("PCA108", decorator, f"@{name.removeprefix('builtins.')} in a module has no translation")
    name = node.name.value
    if name.startswith("__") and name.endswith("__") and name not in {"__init__", "__call__"}:
        context.refuse("PCA102", node.name, f"the special method {name} has no translation")


def _is_plain(item: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    """A docstring, `pass`, or a bare annotation."""
    if not isinstance(item, cst.SimpleStatementLine):
        return False
    return all(
        isinstance(part, cst.Pass)
        or (
            isinstance(part, cst.Expr)
            and isinstance(part.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis)
        )
        or (isinstance(part, cst.AnnAssign) and part.value is None)
        for part in item.body
    )


def lower_new(context: Context, node: cst.Call, class_name: str) -> ir.Expr:
    """`Net(...)`."""
    if class_name in context.scope.poisoned or class_name in context.module_scope.poisoned:
        context.pending(node)
    init = methods_of(context.classes[class_name]).get("__init__")
    if init is None:
        if node.args:
            context.refuse("PCA306", node, f"{class_name}() takes no arguments")
        signature = Signature((), frozenset())
    else:
        signature = parameters.signature_of(context, init, 1)
    given = parameters.bind_arguments(context, node, signature, f"{class_name}()")
    types = parameters.argument_types(context, signature, given)
    settled = _join_parameters(context, node, f"{class_name}.__init__", signature, types)
    build_class(context, class_name)
    arguments = parameters.ordered(context, signature, given, settled, False)
    return ir.New(class_name, arguments, InstanceType(class_name), context.span(node))


def _join_parameters(
    context: Context, node: cst.CSTNode, identity: str, signature: Signature, types: tuple[Type, ...]
) -> tuple[Type, ...]:
    for parameter, type_ in zip(signature.names, types, strict=True):
        joined = context.assumptions.join(("variable", identity, parameter, 1), type_)
        context.settled(joined, node, f"parameter '{parameter}'")
    return parameters.parameter_types(context, identity, signature)


def lower_method_call(context: Context, node: cst.Call, instance: ir.Expr, class_name: str, method: str) -> ir.Expr:
    """`instance.method(...)`, and `instance(...)` as its `forward`."""
    definition = methods_of(context.classes[class_name]).get(method)
    if definition is None:
        context.refuse("PCA305", node, f"class '{class_name}' has no method '{method}'")
    signature = parameters.signature_of(context, definition, 1)
    given = parameters.bind_arguments(context, node, signature, f"{class_name}.{method}()")
    types = parameters.argument_types(context, signature, given)
    identity = f"{class_name}.{method}"
    settled = _join_parameters(context, node, identity, signature, types)
    result = context.assumptions.get(("result", identity))
    if isinstance(result, NeverType):
        context.assumptions.note(("called", identity))
        context.pending(node)
    arguments = parameters.ordered(context, signature, given, settled, False)
    return ir.MethodCall(instance, method, arguments, result, context.span(node))


def build_class(context: Context, class_name: str) -> None:
    """Lower the class, once per round."""
    if class_name in context.building:
        return
    context.building.add(class_name)
    node = context.classes[class_name]
    methods = methods_of(node)
    bodies = []
    for name, definition in methods.items():
        try:
            bodies.append(_method(context, class_name, name, definition))
        except Refusal:
            continue
    init = next((body for body in bodies if body.name == "__init__"), None)
    if init is None:
        init = ir.Function("__init__", (), NONE, (), (), context.span(node))
    leading = tuple(comment_lines(context, node.leading_lines))
    context.built_classes[class_name] = ir.Class(
        class_name,
        True,
        _instance_name(methods),
        _fields(context, class_name),
        init,
        tuple(body for body in bodies if body.name != "__init__"),
        (*leading, *docstring(context, node)),
        context.span(node),
    )


def docstring(context: Context, node: cst.ClassDef | cst.FunctionDef) -> tuple[ir.Comment, ...]:
    """The docstring as a comment."""
    text = node.get_docstring()
    return () if text is None else (ir.Comment(text, False, context.span(node)),)


def _instance_name(methods: dict[str, cst.FunctionDef]) -> str:
    for definition in methods.values():
        if definition.params.params:
            return definition.params.params[0].name.value
    return "self"


def _method(context: Context, class_name: str, name: str, definition: cst.FunctionDef) -> ir.Function:
    identity = f"{class_name}.{name}"
    signature = parameters.signature_of(context, definition, 1)
    parameters.apply_annotations(context, identity, signature, convention=not _may_be_called(context, identity))
    return function_bodies.lower_body(context, identity, name, definition, 1, context.module_scope, class_name)


def _may_be_called(context: Context, identity: str) -> bool:
    """In the first rounds, calls may still tell the parameter types; conventions come last."""
    return ("conventions",) not in context.assumptions.facts


def _fields(context: Context, class_name: str) -> tuple[ir.FieldDeclaration, ...]:
    facts = context.assumptions.facts
    declared = []
    for key, type_ in context.assumptions.types.items():
        if key[0] != "field" or key[1] != class_name:
            continue
        name = str(key[2])
        registration: ir.Registration = None
        if ("registered", class_name, name, "buffer") in facts:
            registration = "buffer"
        elif ("registered", class_name, name, "parameter") in facts:
            registration = "parameter"
        elif rows.is_module_type(context, type_):
            registration = "module"
        declared.append(ir.FieldDeclaration(name, type_, registration))
    return tuple(declared)
