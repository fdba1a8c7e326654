"""`exit()`, `quit()`, `sys.exit(code)`: a SystemExit on its way out of the program."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.exceptions import EXIT
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.types import BoolType, IntType, NoneType, StrType

_EXITS = frozenset({"builtins.exit", "builtins.quit", "sys.exit"})
#: Some statement leaves the program.
_EXITS_SOMEWHERE = ("exits",)


def lower_exit(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """The statement, or None for another call."""
    if context.qualified(node.func) not in _EXITS:
        return None
    if len(node.args) > 1 or any(argument.star or argument.keyword is not None for argument in node.args):
        context.refuse("PCA306", node, "exit takes one code")
    return [leave(context, node, node.args[0].value if node.args else None)]


def leave(context: Context, node: cst.CSTNode, code: cst.BaseExpression | None) -> ir.Raise:
    """`raise SystemExit(code)`: nothing or 0 where all went well, another int, or a text that is shown."""
    context.assumptions.note(_EXITS_SOMEWHERE)
    value = None if code is None else context.expression(code)
    if value is None or isinstance(value.type, NoneType):
        return ir.Raise(EXIT, None, context.span(node))
    if not isinstance(value.type, IntType | StrType | BoolType):
        context.refuse("PCA303", node, f"the program cannot end with a {value.type}", "give an int or a text")
    return ir.Raise(EXIT, value, context.span(node))


def check_handler(context: Context, node: cst.ExceptHandler, errors: tuple[str, ...]) -> None:
    """Refuse a handler that takes a SystemExit too."""
    if {"BaseException", EXIT} & set(errors) and _EXITS_SOMEWHERE in context.assumptions.facts:
        message = "this handler takes the SystemExit of exit() too, which has no translation"
        context.refuse("PCA102", node, message, "write `except Exception:`")
