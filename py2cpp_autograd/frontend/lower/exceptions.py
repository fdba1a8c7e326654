"""`raise`, `assert`, `try`: Python's exceptions and the program's, by name; the backend knows the C++ ones."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.exceptions import ALIASES, BASES, EXIT
from py2cpp_autograd.frontend.bindings import assigned_in, is_import
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import exits
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.classes import error_classes
from py2cpp_autograd.frontend.lower.flow import leaves, meet
from py2cpp_autograd.frontend.lower.narrowing import facts_of, learn
from py2cpp_autograd.frontend.lower.targets import assign_name
from py2cpp_autograd.frontend.lower.values import literal, truth
from py2cpp_autograd.frontend.scope import Flow, of_others
from py2cpp_autograd.types import ApiType, StrType

#: The type of a caught exception: its text is all that can be asked of it.
CAUGHT = ApiType("builtins.Exception")

#: What a program with handlers is remembered to do: rows have it in their `when`.
CATCHES = ("noted", "errors caught")

_KNOWN = frozenset({*BASES, *ALIASES, "BaseException"})


_NO_EXCEPTION = "exceptions must derive from BaseException"


def lower_assert(context: Context, node: cst.Assert) -> list[ir.Stmt]:
    """`assert test, message`: an exception where the test is known to fail, behind which nothing runs."""
    test = truth(context, node.test)
    message = None if node.msg is None else _message(context, node.msg)
    if isinstance(test, ir.Literal) and not test.value:
        return [ir.Raise("AssertionError", message, context.span(node))]
    learn(context, facts_of(context, node.test, test).when_true)
    return [ir.Assert(test, message, context.span(node))]


def _message(context: Context, node: cst.BaseExpression) -> ir.Expr:
    value = context.expression(node)
    if not isinstance(value.type, StrType):
        context.refuse("PCA303", node, "the message of an exception must be a string", "write an f-string")
    return value


def lower_raise(context: Context, node: cst.Raise) -> list[ir.Stmt]:
    """`raise Error`, `raise Error(message)`, and `raise` in a handler. A cause (`from error`) is not seen again."""
    message: ir.Expr | None = None
    code = _exit_code(context, node.exc)
    if code is not None:
        return [exits.leave(context, node, *code)]
    match node.exc:
        case None:
            if not context.scope.handlers:
                context.refuse("PCA102", node, "`raise` alone stands in an except block")
            return [ir.Raise("", None, context.span(node))]
        case cst.Call(func=func, args=[argument]) if argument.keyword is None and not argument.star:
            name, message = error_classes.named(context, func), _message(context, argument.value)
        case cst.Call(func=func, args=[]):
            name = error_classes.named(context, func)
        case cst.Name() as func if context.scope.owns(func.value) and func.value in context.scope.handlers:
            return [ir.Raise("", None, context.span(node))]
        case cst.Name() as func:
            name = error_classes.named(context, func)
        case cst.Call(func=cst.Name(value=called)) if called in context.module_scope.poisoned:
            context.pending(node)
        case cst.SimpleString():
            name, message = "TypeError", literal(_NO_EXCEPTION, context.span(node))  # what `raise "text"` raises
        case _:
            context.refuse("PCA102", node, "this form of `raise` has no translation", "raise Error(message)")
    if name is None or (name not in _KNOWN and name not in context.classes):
        context.refuse("PCA102", node, "only exceptions can be raised", "raise ValueError(message)")
    return [ir.Raise(name, message, context.span(node))]


def _exit_code(context: Context, node: cst.BaseExpression | None) -> tuple[cst.BaseExpression | None] | None:
    """The code of a SystemExit, in a tuple as there may be none; None for other exceptions."""
    match node:
        case cst.Call(func=func, args=[cst.Arg(value=value, keyword=None, star="")]):
            code: cst.BaseExpression | None = value
        case cst.Call(func=func, args=[]) | (cst.Name() as func):
            code = None
        case _:
            return None
    return (code,) if context.qualified(func) == f"builtins.{EXIT}" else None


def lower_try(context: Context, node: cst.Try) -> list[ir.Stmt]:
    """`try`, its handlers, `else` and `finally`."""
    if is_import(node):
        return _import(context, node)
    before = context.scope.flow()
    context.scope.tries += 1
    body = lower_suite(context, node.body)
    context.scope.tries -= 1
    tried = context.scope.flow()
    orelse = () if node.orelse is None else lower_suite(context, node.orelse.body)
    ends = [(context.scope.flow(), (*body, *orelse))]
    handlers = []
    for handler in node.handlers:
        context.scope.restore(interrupted(before, tried, node.body))
        made = _handler(context, handler)
        handlers.append(made)
        ends.append((context.scope.flow(), made.body))
    reached = [flow for flow, part in ends if not leaves(part)]
    meet(context, reached)
    final = _final(context, node, before, tried, reached)
    return [ir.Try(body, tuple(handlers), orelse, final, context.span(node))]


def _import(context: Context, node: cst.Try) -> list[ir.Stmt]:
    """`try: import module`: of a module that is surely there, so that the handlers never run."""
    context.scope.tries += 1
    body = lower_suite(context, node.body, nested=False)
    context.scope.tries -= 1
    orelse = () if node.orelse is None else lower_suite(context, node.orelse.body, nested=False)
    return [*body, *orelse]


def _final(context: Context, node: cst.Try, before: Flow, tried: Flow, reached: list[Flow]) -> tuple[ir.Stmt, ...]:
    """The `finally` block: it runs whatever happened before, and adds to what is known behind."""
    if node.finalbody is None:
        return ()
    after = context.scope.flow()
    context.scope.restore(interrupted(before, tried, node.body))
    final = lower_suite(context, node.finalbody.body)
    if any(isinstance(statement, ir.Return | ir.Break | ir.Continue) for statement in final):
        context.refuse("PCA102", node.finalbody, "leaving a finally block early has no translation")
    ended = context.scope.flow()
    if reached:
        context.scope.restore(Flow(after.bound | ended.bound, after.touched | ended.touched, after.narrowed))
    context.scope.forget(assigned_in(node.finalbody.body))
    return final


def interrupted(before: Flow, tried: Flow, body: cst.BaseSuite) -> Flow:
    """What is known where a block was left somewhere in its middle."""
    return Flow(before.bound, before.touched | tried.touched, of_others(before.narrowed, assigned_in(body)))


def _handler(context: Context, node: cst.ExceptHandler) -> ir.Handler:
    errors = ("BaseException",) if node.type is None else error_names(context, node.type)
    context.assumptions.note(CATCHES)
    exits.check_handler(context, node, errors)
    name: ir.NameTarget | None = None
    span = context.span(node)
    scope = context.scope
    caught = None
    if node.name is not None and isinstance(node.name.name, cst.Name):
        caught = node.name.name.value
        scope.block_depth += 1
        name = assign_name(context, node.name.name, caught, CAUGHT)
        scope.block_depth -= 1
    scope.handlers.append(caught)
    body = lower_suite(context, node.body)
    scope.handlers.pop()
    if caught is not None:  # Python deletes it when the handler ends
        scope.bound.discard(caught)
        scope.deleted.add(scope.spelling(caught))
    return ir.Handler(errors, name, body, span)


def error_names(context: Context, node: cst.BaseExpression) -> tuple[str, ...]:
    """The exceptions that a handler names."""
    parts = [element.value for element in node.elements] if isinstance(node, cst.Tuple) else [node]
    found = []
    for part in parts:
        name = error_classes.named(context, part)
        if name is None or (name not in _KNOWN and name not in context.classes):
            context.refuse("PCA102", part, "only exceptions can be caught", "except ValueError")
        found.append(name)
    return tuple(found)
