"""Reads of variables: whether they are bound, and what is known of their values here."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import looseness, symbols
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.scope import Scope, unbound_at_end
from py2cpp_autograd.table.roles import is_open
from py2cpp_autograd.types import (
    ApiType,
    FunctionType,
    InstanceType,
    NeverType,
    NoneType,
    OptionalType,
    SymbolType,
    TensorType,
    Type,
    is_family,
    is_module_container,
)


def read_variable(context: Context, node: cst.CSTNode, name: str, scope: Scope) -> ir.Expr:
    """A read of a variable: bound, typed, and without None where a test has excluded it."""
    if name in scope.poisoned:
        context.pending(node)
    checked = _check_bound(context, node, name, scope)
    type_ = looseness.read(context, scope, name, context.assumptions.get(scope.key(name)))
    if scope is not context.scope:
        _note_capture(context, name, scope)
    if isinstance(type_, NeverType):
        context.pending(node)
    known = context.scope.narrowed.get(name)
    span = context.span(node)
    if isinstance(type_, OptionalType) and isinstance(known, SymbolType):
        type_ = known
    if isinstance(type_, SymbolType):
        constant = symbols.constant(type_)
        return symbols.read(type_, span) if constant is None else literal(constant, span)
    if isinstance(known, TensorType) and isinstance(type_, TensorType):
        return ir.Name(scope.spelling(name), known, span, checked)
    read = ir.Name(scope.spelling(name), type_, span, checked)
    if known is not None and is_open(type_) and not is_open(known):
        return ir.Convert(read, known, span)
    if isinstance(type_, OptionalType) and known is not None and not isinstance(known, OptionalType):
        present = without_doubt(read, known if isinstance(known, TensorType) else type_.inner)
        return _as_known(present, known)
    return read if known is None else _as_known(read, known)


def _as_known(read: ir.Expr, known: Type) -> ir.Expr:
    """A read of an object of one of several classes, where it is known to be of this one."""
    is_other = is_family(read.type) and isinstance(known, InstanceType) and known != read.type
    return ir.Convert(read, known, read.span) if is_other else read


def without_doubt(read: ir.Name | ir.Field, known: Type) -> ir.Expr:
    """A read of what may be None, where it is known not to be: of a module, the same handle."""
    if isinstance(known, InstanceType) or is_module_container(known) or (isinstance(known, ApiType) and known.family):
        return replace(read, type=known)
    return ir.Convert(read, known, read.span)


def _check_bound(context: Context, node: cst.CSTNode, name: str, scope: Scope) -> bool:
    """Whether C++ has to check that the variable has a value; refused where it cannot, or where there is none."""
    if name in scope.afar:
        if not has_unsure_form(context.assumptions.get(scope.key(name))):
            context.refuse("PCA205", node, f"'{name}' may have no value here")
        return True
    is_own = not _lies_in_function(context, scope)
    may_be_unbound = unbound_at_end(scope, name) in context.assumptions.facts
    if name in scope.parameters or (name in scope.bound and (is_own or not may_be_unbound)):
        return False
    if scope is not context.scope:
        if _is_called_early(context, name, scope):
            context.refuse("PCA205", node, f"'{name}' is read here before the module assigns it")
        unsure = name in scope.touched or may_be_unbound
        return unsure and has_unsure_form(context.assumptions.get(scope.key(name)))
    if name not in scope.touched and not any(name in bound for bound in scope.loops):
        context.refuse("PCA205", node, f"'{name}' is read before it is assigned")
    if not has_unsure_form(context.assumptions.get(scope.key(name))):
        context.refuse("PCA205", node, f"'{name}' may have no value here")
    return True


def _lies_in_function(context: Context, scope: Scope) -> bool:
    """Whether the code at hand is that of a function in the scope, which may run at any time."""
    inner: Scope | None = context.scope
    while inner is not None and inner is not scope:
        if inner.kind == "function":
            return True
        inner = inner.parent
    return False


def has_unsure_form(type_: Type) -> bool:
    """Whether C++ can hold that a variable has no value: None is a value, which a tensor has a form for by itself."""
    if isinstance(type_, OptionalType):
        return isinstance(type_.inner, TensorType)
    return not isinstance(type_, NoneType | SymbolType | FunctionType)


def _is_called_early(context: Context, name: str, scope: Scope) -> bool:
    """Whether a function of the module, which is lowered at its first call, reads what is assigned after that call."""
    reader = context.scope
    called = reader.kind == "function" and reader.parent is scope and reader.self_class is None
    return called and scope.kind == "module" and name not in scope.touched


def _note_capture(context: Context, name: str, scope: Scope) -> None:
    context.assumptions.note(("captured", scope.identity, name))
    inner: Scope | None = context.scope
    crosses_function = False
    while inner is not None and inner is not scope:
        crosses_function = crosses_function or inner.kind == "function"
        inner = inner.parent
    if scope.kind == "module" and crosses_function:
        context.shared.add(name)
