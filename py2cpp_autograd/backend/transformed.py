"""Functions that torch.func differentiates or calls on batches: what they must not do besides computing with tensors.

Their tensors stand for others, which Python's text shows, and which custom Functions of LibTorch know nothing of.
"""

from __future__ import annotations

from py2cpp_autograd import ir
from py2cpp_autograd.backend.called import Called
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

_TRANSFORMS = frozenset({*roles.TRANSFORMS.values(), roles.PULLBACK, roles.PUSHFORWARD})


def check(program: ir.Program, table: Table, report: Report) -> None:
    """Refuse what has no counterpart in a function that is transformed."""
    found = _Check(program, table, report)
    for node in found.expressions():
        if isinstance(node, ir.Apply) and node.row in _TRANSFORMS:
            function = next(one.value for one in node.arguments if one.parameter == "func")
            found.expression(function)


class _Check(Called):
    def statement(self, node: ir.Stmt) -> None:
        if isinstance(node, ir.Print):
            message = "what Python prints of tensors while a function is transformed has no counterpart"
            self.refuse(node.span, message, "print what the transformed function gives")

    def part(self, node: ir.Expr) -> None:
        if isinstance(node, ir.FunctionApply):
            message = "a custom Function in a function that is transformed has no counterpart"
            self.refuse(node.span, message, "write its forward in place of it, or take its gradients yourself")
        if isinstance(node, ir.Lambda):
            self.of_lambda(node)

    def module(self, span: Span, name: str) -> None:
        return None

    def unknown(self, span: Span) -> None:
        return None
