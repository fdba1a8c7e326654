"""Lambdas, functions as values, and expressions that need statements of their own."""

from __future__ import annotations

from collections.abc import Container

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select import comprehensions
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.ir_walk import walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, FunctionType, NoneType


def lower(selection: Selection, node: ir.Lambda | ir.FunctionRef | ir.Let | ir.Comprehension) -> cpp.Expr:
    """The C++ lambda that stands for the expression."""
    match node:
        case ir.Lambda(parameters=parameters, body=body, type=FunctionType(result=result)):
            used = {part.name for part in walk(body) if isinstance(part, ir.Name)}
            taken = tuple(
                cpp.Parameter(selection.parameter_type(p.type, p.mutated), selection.parameter(p.name, used))
                for p in parameters
            )
            with selection.hiding(p.name for p in parameters):
                statements = _returning(selection, body, isinstance(result, NoneType))
            if node.captures != "copies":
                return cpp.Lambda("&", taken, None, statements)
            changes = any(changes_copy(selection, {p.name for p in parameters}, part) for part in walk(body))
            return cpp.Lambda(_copied(selection, node), taken, None, statements, changes)
        case ir.FunctionRef(function=function):
            return cpp.Name(selection.reference(function))
        case ir.Let():
            return cpp.Call(cpp.Lambda("&", (), None, _returning(selection, node, False)), ())
        case ir.Comprehension():
            return comprehensions.lower(selection, node)
        case _:
            raise TypeError(f"no function: {type(node).__name__}")


def changes_copy(selection: Selection, own: Container[str], part: ir.Expr) -> bool:
    """Whether a function that keeps copies may call one that is no constant: a module, or another such function.

    `own`: its parameters, which are no copies.
    """
    match part:
        case ir.Name(name=name, type=type_) if name != selection.instance and name not in own:
            return selection.is_module(type_) or type_ == ApiType(roles.ANY_MODULE)
        case ir.Call(function=function) | ir.FunctionRef(function=function):
            return function in selection.changing
        case _:
            return False


def _copied(selection: Selection, node: ir.Lambda) -> str:
    """The captures of a lambda that keeps copies: by name where it uses `this`, which `=` must not bring along."""
    own = {parameter.name for parameter in node.parameters}
    used = {part.name for part in walk(node.body) if isinstance(part, ir.Name)} - own
    called = {part.function for part in walk(node.body) if isinstance(part, ir.Call | ir.FunctionRef)}
    functions = called - selection.homes.keys()  # those of the function around are variables in C++
    if selection.instance not in used:
        return "=" if used or functions else ""
    kept = (used & selection.locals) - selection.shared - {selection.instance}
    return ", ".join(["this", *sorted(map(selection.name, kept | functions))])


def _returning(selection: Selection, node: ir.Expr, nothing: bool) -> tuple[cpp.Stmt, ...]:
    if isinstance(node, ir.Let):
        value = selection.expression(node.value)
        first = cpp.Do(value) if node.name is None else cpp.Declare("auto", selection.name(node.name), value)
        return (first, *_returning(selection, node.body, nothing))
    if nothing and isinstance(node, ir.Literal):
        return ()
    value = selection.expression(node)
    return (cpp.Do(value),) if nothing else (cpp.Return(value),)
