"""Calls: of API functions and methods, of the program's functions, classes and modules, of Python's builtins."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import autograd_functions, builtin_calls, classes, functions, rows
from py2cpp_autograd.types import FunctionType, InstanceType, OptionalType, Type


def lower_call(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`callee(arguments)`."""
    func = node.func
    name = context.qualified(func)
    if name is not None:
        special = builtin_calls.lower(context, node, name, expected)
        return special if special is not None else rows.call(context, node, name, node.args, expected)
    if isinstance(func, cst.Name):
        resolved = context.resolve(func.value)
        if resolved.kind == "function" and resolved.scope is not None:
            return functions.lower_function_call(context, node, func.value, resolved.scope)
        if resolved.kind == "apply" and autograd_functions.is_function_class(context, resolved.name):
            return autograd_functions.lower_apply(context, node, resolved.name)
        if resolved.kind == "class":
            return classes.lower_new(context, node, func.value)
    if isinstance(func, cst.Attribute):
        return _method(context, node, func, expected)
    return _value(context, node, context.expression(func), expected)


def _method(context: Context, node: cst.Call, func: cst.Attribute, expected: Type | None) -> ir.Expr:
    if isinstance(func.value, cst.Name) and autograd_functions.is_function_class(context, func.value.value):
        if func.attr.value != "apply":
            context.refuse("PCA305", node, f"only {func.value.value}.apply can be called")
        return autograd_functions.lower_apply(context, node, func.value.value)
    receiver = context.expression(func.value)
    name = func.attr.value
    match receiver.type:
        case InstanceType(name=class_name):
            if classes.defines(context, class_name, name):
                return classes.lower_method_call(context, node, receiver, class_name, name)
            if classes.assigns(context, class_name, name):
                return _value(context, node, context.expression(func), expected)
            return rows.call_method(context, node, receiver, name, node.args, expected)
        case FunctionType():
            context.refuse("PCA305", node, f"a function has no method '{name}'")
        case _:
            return rows.call_method(context, node, receiver, name, node.args, expected)


def _value(context: Context, node: cst.Call, callee: ir.Expr, expected: Type | None) -> ir.Expr:
    match callee.type:
        case InstanceType(name=class_name):
            method = "forward" if classes.defines(context, class_name, "forward") else "__call__"
            return classes.lower_method_call(context, node, callee, class_name, method)
        case FunctionType(parameters=parameters, result=result):
            if len(node.args) != len(parameters) or any(a.keyword or a.star for a in node.args):
                context.refuse("PCA306", node, f"this function takes {len(parameters)} positional arguments")
            values = tuple(context.expression(a.value, t) for a, t in zip(node.args, parameters, strict=True))
            return ir.CallValue(callee, values, result, context.span(node))
        case OptionalType():
            context.refuse("PCA303", node, "this value may be None, which cannot be called")
        case _:
            return rows.call_method(context, node, callee, "__call__", node.args, expected)
