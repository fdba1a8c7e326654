"""Methods as values: `self.run = self._a`, `f = net.forward_a`, `{"add": m.add}`, as the lambda that calls the method.

Python binds the object when it reads the method; so does the lambda, where the variable is never bound to another one.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import declared_inside
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.hierarchy import Method
from py2cpp_autograd.frontend.lower import closures, generators, open_functions
from py2cpp_autograd.frontend.lower.parameters import signature_of
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import FunctionType, Type


def bound(context: Context, node: cst.Attribute, method: Method, expected: Type | None) -> ir.Expr:
    """`value.method` where it is not called."""
    signature = signature_of(context, method.node, method.skip)
    name = node.attr.value
    if generators.is_generator(context, method.node) or signature.rest is not None or signature.keywords is not None:
        context.refuse("PCA103", node, f"method '{name}' as a value has no translation", "call it")
    if not stays(context, node.value):
        message = f"method '{name}' of what may be another object later has no translation as a value"
        context.refuse("PCA103", node, message, "write a lambda, or call it")
    needed = [one for one in signature.parameters if one.default is None]
    if any(one.name.value in signature.keyword_only for one in needed):
        context.refuse("PCA103", node, f"method '{name}', which needs a keyword, as a value has no translation")
    count = len(needed)
    if isinstance(expected, FunctionType) and count <= len(expected.parameters) <= len(signature.names):
        count = len(expected.parameters)
    return closures.lower_lambda(context, open_functions.calling(context, node, count, "item"), expected)


def stays(context: Context, owner: cst.BaseExpression) -> bool:
    """Whether an expression is the same object whenever the lambda reads it."""
    if not isinstance(owner, cst.Name):
        return False
    if owner.value == context.scope.instance and not context.scope.owns(owner.value):
        return True
    resolved = context.resolve(owner.value)
    scope = resolved.scope
    if resolved.kind != "variable" or scope is None:
        return False
    name = owner.value
    again = any(name in names for names in scope.loops) or _assigned_by_functions(context, scope, name)
    return scope.bindings.counts[name] + (name in scope.parameters) == 1 and not again


def _assigned_by_functions(context: Context, scope: Scope, name: str) -> bool:
    """Whether some function may bind a variable of another scope."""
    return name in context.source.once(declared_inside, context.source.module if scope.body is None else scope.body)
