"""Generators whose iterator is kept: their body runs on a stack of its own, from one `yield` to the next."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import IteratorType


def started(selection: Selection, node: ir.Started) -> cpp.Expr:
    """`py2cpp::generate<T>([](auto&... taken) { f(taken...); }, a, b)`: the arguments are kept, the body waits."""
    assert isinstance(node.type, IteratorType)
    made = selection.expression(node.call)
    assert isinstance(made, cpp.Call)
    taken: tuple[cpp.Parameter, ...] = (cpp.Parameter("auto&...", "taken"),)
    callee, given = made.callee, made.arguments
    if isinstance(node.call, ir.MethodCall):
        assert isinstance(callee, cpp.Member)
        given = (callee.object, *given)
        callee = cpp.Member(cpp.Name("self"), callee.name, callee.arrow)
        taken = (cpp.Parameter("auto&", "self"), *taken)
    run = cpp.Lambda("", taken, None, (cpp.Do(cpp.Call(callee, (cpp.Name("taken..."),))),))
    return selection.shim("iterators", f"generate<{selection.type(node.type.element)}>", run, *given)
