"""A second name for a parameter that is a list or dict: `features = inputs` stands for the parameter itself.

A copy would not follow what changes the list later. Only where the name is bound nowhere else that runs, so that it is
the parameter's in the whole function.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import bindings_of
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import DictType, ListType, SetType


def is_one(context: Context, target: cst.BaseExpression, value: ir.Expr) -> bool:
    """Let a name stand for a parameter, if it is another name of one; whether it is."""
    scope = context.scope
    if not isinstance(target, cst.Name) or not isinstance(value, ir.Name) or scope.kind != "function":
        return False
    straight = scope.depth == (0, 0) and not scope.closes and value.name in scope.parameters
    is_shared = isinstance(value.type, ListType | DictType | SetType) and not getattr(value.type, "fixed", False)
    if not straight or not is_shared or _bound(scope, value.name) > 1:
        return False
    if target.value in scope.parameters or _bound(scope, target.value) != 1:
        return False
    scope.dispatched[target.value] = value
    return True


def _bound(scope: Scope, name: str) -> int:
    """How often a name is bound by what runs."""
    return scope.bindings.counts[name] - sum(bindings_of(suite).counts[name] for suite in scope.skipped)
