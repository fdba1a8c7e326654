"""How `return`, `break` and `continue` leave a loop whose body is a lambda that a generator calls.

    for x in walk(tree):                    std::optional<int64_t> found;
        if x > 3:                           walk(tree, [&](int64_t x) {
            return x                ->        if (x > 3) { found = x; return false; }
                                              return true;
                                            });
                                            if (found) return *found;
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from py2cpp_autograd import cpp
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.span import Span


@dataclass
class Called:
    """A body that a generator calls: how it tells the generator, and the function, that it was left."""

    selection: Selection
    manages: bool  # it is that of a `with`, which the generator calls once
    type: str  # what the function gives
    variable: str | None = None  # what the function is to return

    def stop(self, span: Span) -> cpp.Stmt:
        """The end of the lambda, and of the loop."""
        return cpp.Return(None if self.manages else cpp.Bool(False), span)

    def declared(self) -> tuple[cpp.Stmt, ...]:
        """The variable that a `return` in the body sets."""
        if self.variable is None:
            return ()
        if self.type == "void":
            return (cpp.Declare("bool", self.variable, cpp.Bool(False)),)
        self.selection.headers.add("<optional>")
        return (cpp.Declare(f"std::optional<{self.type}>", self.variable),)


@dataclass
class Leaving:
    """The bodies around a statement, of loops (None) and of lambdas that generators call."""

    around: list[Called | None] = field(default_factory=list)

    @contextmanager
    def loop(self) -> Iterator[None]:
        """Inside the body of a loop of C++."""
        self.around.append(None)
        yield
        self.around.pop()

    @contextmanager
    def called(self, selection: Selection, manages: bool, type_: str) -> Iterator[Called]:
        """Inside a body that a generator calls."""
        body = Called(selection, manages, type_)
        self.around.append(body)
        yield body
        self.around.pop()

    def jump(self, keyword: str, span: Span) -> cpp.Stmt:
        """`break` or `continue`."""
        inner = self.around[-1]
        if inner is None:
            return cpp.Jump(keyword, span)
        return cpp.Return(cpp.Bool(keyword == "continue"), span)

    def returned(self, value: cpp.Expr | None, span: Span) -> list[cpp.Stmt]:
        """`return value`."""
        inner = next((body for body in reversed(self.around) if body is not None), None)
        if inner is None:
            return [cpp.Return(value, span)]
        inner.variable = inner.variable or inner.selection.temporary("returned")
        kept = cpp.Binary("=", cpp.Name(inner.variable), cpp.Bool(True) if value is None else value)
        return [cpp.Do(kept, span), inner.stop(span)]

    def yielded(self, values: tuple[cpp.Expr, ...], manages: bool, span: Span) -> cpp.Stmt:
        """`yield value`: the end of the generator, if the loop's body says so."""
        called = cpp.Call(cpp.Name("yield"), values)
        if manages:
            return cpp.Do(called, span)
        return cpp.If(cpp.Unary("!", called), tuple(self.returned(None, span)), span=span)

    def behind(self, left: Called, span: Span) -> tuple[cpp.Stmt, ...]:
        """What follows the call of the generator: the `return` that the body asked for."""
        if left.variable is None:
            return ()
        name = cpp.Name(left.variable)
        value = None if left.type == "void" else cpp.Unary("*", name)
        return (cpp.If(name, tuple(self.returned(value, span)), span=span),)
