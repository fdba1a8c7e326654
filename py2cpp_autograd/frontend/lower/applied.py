"""`net.apply(f)`: a loop over the modules, children first, that calls `f` for each class that it does something to."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import dispatch, functions, rows
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.walk import Visitor
from py2cpp_autograd.span import Span

#: Stands for the module in the call.
_MODULE = "module_that_apply_visits__"


def lower_apply(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """The loop, or None for another call."""
    match node:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="apply")), args=[argument]):
            function = argument.value
        case _:
            return None
    if context.qualified(node.func) is not None or (isinstance(value, cst.Name) and value.value in context.classes):
        return None
    receiver = context.expression(value)
    if not rows.is_module_type(context, receiver.type):
        return None
    span = context.span(node)
    modules = rows.apply_method(context, node, receiver, "apply", ())
    module = ir.Name(context.scope.fresh_name("module"), dispatch.OPEN, span)
    body = _of_method(context, node, function, module, span) or _of_function(context, node, function, module, span)
    return [ir.For(ir.NameTarget(module.name, module.type, span), ir.Items(modules), body, span)]


def _of_function(
    context: Context, node: cst.Call, function: cst.BaseExpression, module: ir.Name, span: Span
) -> tuple[ir.Stmt, ...]:
    resolved = context.resolve(function.value) if isinstance(function, cst.Name) else None
    if resolved is None or resolved.kind != "function" or resolved.scope is None or resolved.scope.kind != "module":
        context.refuse("PCA103", node, "apply takes a function of this file", "define it with `def`, at module level")
    name, scope = resolved.name, resolved.scope
    call = cst.Call(cst.Name(name), [cst.Arg(cst.Name(_MODULE))])

    def body() -> list[ir.Stmt]:
        made = functions.lower_function_call(context, call, name, scope)
        return [] if _is_idle(context, name) else [ir.ExprStmt(made, span)]

    return dispatch.branches(context, _MODULE, module, body, span, _parameter(scope.functions[name]))


def _parameter(definition: cst.FunctionDef | cst.Lambda) -> str:
    """What the function calls the module."""
    return next((parameter.name.value for parameter in definition.params.params), "module")


def _is_idle(context: Context, name: str) -> bool:
    """Whether the function does nothing to modules of the class at hand; then that specialisation is not written."""
    known = context.scope.dispatched[_MODULE].type
    for instance in context.instances.get(name, ()):
        if instance.parameter_types == (known,):
            idle = instance.lowered is None or not dispatch.has_effect(instance.lowered.body)
            instance.lowered = None if idle else instance.lowered
            return idle
    return False


def _of_method(
    context: Context, node: cst.Call, function: cst.BaseExpression, module: ir.Name, span: Span
) -> tuple[ir.Stmt, ...] | None:
    """`self.apply(self._init_weights)`: the method's body in the loop."""
    scope = context.scope
    match function:
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)) if owner == scope.instance:
            method = hierarchy.method(context, scope.self_class or "", name)
            definition = None if method is None else method.node
        case _:
            return None
    if definition is None or len(definition.params.params) != 2 or not isinstance(definition.body, cst.IndentedBlock):
        return None
    own, parameter = (written.name.value for written in definition.params.params)
    if own != owner or not _is_straight(definition.body):
        context.refuse("PCA103", node, "this method as a value has no translation", "make it a function of its own")
    context.assumptions.note(("inlined", scope.self_class or "", name))
    return dispatch.branches(context, parameter, module, lambda: lower_suite(context, definition.body), span)


class _Leaving(Visitor):
    def __init__(self) -> None:
        self.found = False

    def visit_Return(self, node: cst.Return) -> None:
        self.found = True

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self.found = self.found or isinstance(node.target, cst.Name)


def _is_straight(body: cst.IndentedBlock) -> bool:
    """Whether a body can stand in a loop: it neither returns nor has variables of its own."""
    visitor = _Leaving()
    visitor.visit(body)
    return not visitor.found
