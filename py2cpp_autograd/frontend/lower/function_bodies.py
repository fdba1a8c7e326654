"""Bodies of functions: lowered once the types of the parameters are settled."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.bindings import Bindings, bindings_of
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.parameters import FunctionNode, Signature, default_value, signature_of
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import NONE, ApiType, InstanceType, Type


def lower_body(
    context: Context,
    identity: str,
    name: str,
    definition: FunctionNode,
    skip: int,
    parent: Scope,
    self_class: str | None,
) -> ir.Function:
    """The IR of a function whose parameter types are settled. The first `skip` parameters are self or ctx."""
    signature = signature_of(context, definition, skip)
    scope = _function_scope(context, identity, definition, signature, parent)
    if skip:
        scope.instance, scope.self_class = definition.params.params[0].name.value, self_class
        scope.instance_type = _instance_type(context, self_class)
    else:
        scope.inherit(parent)
    guards = _guards(context, definition)
    with context.within(scope):
        body = _body(context, definition)
    if not _ends(body) and not scope.failed:
        context.assumptions.join(("result", identity), NONE)
    result = context.assumptions.get(("result", identity))
    parameters = tuple(_parameter(context, identity, parameter) for parameter in signature.parameters)
    outer = frozenset(scope.bindings.declared_global | scope.bindings.declared_nonlocal)
    return ir.Function(name, parameters, result, body, guards, context.span(definition), (), outer)


def _instance_type(context: Context, class_name: str | None) -> Type:
    """The type of self, or of ctx in a custom Function."""
    assert class_name is not None
    is_module = any(
        base is not None and roles.is_module(context.table, base)
        for base in (context.qualified(written.value) for written in context.classes[class_name].bases)
    )
    return InstanceType(class_name) if is_module else ApiType(roles.CONTEXT)


def _function_scope(
    context: Context, identity: str, definition: FunctionNode, signature: Signature, parent: Scope
) -> Scope:
    bindings = bindings_of(definition.body) if isinstance(definition, cst.FunctionDef) else Bindings()
    scope = Scope(identity, "function", parent, bindings, frozenset(signature.names))
    scope.bound.update(signature.names)
    scope.result = ("result", identity)
    if isinstance(definition, cst.FunctionDef):
        scope.functions = local_functions(definition.body, bindings)
        scope.applies = applies(context, definition.body, bindings)
    return scope


def local_functions(body: cst.BaseSuite | cst.Module, bindings: Bindings) -> dict[str, FunctionNode]:
    """The functions that a block defines: `def`, and lambdas given a name once."""
    found: dict[str, FunctionNode] = {}
    for statement in body.body:
        match statement:
            case cst.FunctionDef(name=cst.Name(value=name)):
                found[name] = statement
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Lambda() as function)
                ]
            ) if bindings.counts[name] == 1:
                found[name] = function
            case cst.If(body=suite) | cst.For(body=suite) | cst.While(body=suite) | cst.With(body=suite):
                inner = local_functions(suite, bindings) if isinstance(suite, cst.IndentedBlock) else {}
                is_module = isinstance(body, cst.Module)
                found.update({n: f for n, f in inner.items() if is_module or _uses(body, n) == _uses(suite, n)})
    return found


def applies(context: Context, body: cst.BaseSuite | cst.Module, bindings: Bindings) -> dict[str, str]:
    """The names that a block gives once to the `apply` of a custom Function."""
    found: dict[str, str] = {}
    for statement in body.body:
        match statement:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value=name))],
                        value=cst.Attribute(value=cst.Name(value=class_name), attr=cst.Name(value="apply")),
                    )
                ]
            ) if bindings.counts[name] == 1 and class_name in context.classes:
                found[name] = class_name
            case _:
                continue
    return found


def _uses(node: cst.CSTNode, name: str) -> int:
    """How often a name stands in a piece of code: a function of a block is a C++ variable of that block."""
    own = isinstance(node, cst.Name) and node.value == name
    return own + sum(_uses(child, name) for child in node.children)


def _body(context: Context, definition: FunctionNode) -> tuple[ir.Stmt, ...]:
    if isinstance(definition, cst.FunctionDef):
        return lower_suite(context, definition.body, nested=False)
    try:
        value = context.expression(definition.body)
    except Refusal:
        context.scope.failed = True
        return ()
    result = context.scope.result
    assert result is not None
    context.assumptions.join(result, value.type)
    return (ir.Return(None if value.type == NONE else value, value.span),)


def _ends(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether every way through the body returns or raises."""
    for statement in reversed(body):
        match statement:
            case ir.Comment():
                continue
            case ir.Return() | ir.Raise():
                return True
            case ir.If(body=then, orelse=orelse):
                return _ends(then) and _ends(orelse)
            case ir.With(body=inner):
                return _ends(inner)
            case ir.While(test=ir.Literal(value=True), body=inner):
                return not any(isinstance(part, ir.Break) for part in inner)
            case _:
                return False
    return False


def _parameter(context: Context, identity: str, parameter: cst.Param) -> ir.Parameter:
    name = parameter.name.value
    type_ = context.assumptions.get(("variable", identity, name, 1))
    default = None
    if parameter.default is not None:
        try:
            default = coerce(context, default_value(context, parameter), type_, f"parameter '{name}'")
        except Refusal:
            default = None
    mutated = ("mutated", identity, name) in context.assumptions.facts
    return ir.Parameter(name, type_, default, mutated, context.span(parameter))


def _guards(context: Context, definition: FunctionNode) -> tuple[ir.With, ...]:
    """Decorators that are contexts, such as `@torch.no_grad()`."""
    if not isinstance(definition, cst.FunctionDef):
        return ()
    if definition.asynchronous is not None:
        context.refuse("PCA102", definition, "asynchronous functions have no translation")
    guards = []
    for decorator in definition.decorators:
        name = context.qualified(decorator.decorator)
        if name in {"builtins.staticmethod", roles.ONCE_DIFFERENTIABLE}:
            continue
        guards.append(rows.guard(context, decorator.decorator, decorator=True))
    return tuple(guards)
