"""Functions whose results `functools.cache` keeps: the function, a dict of its results, and what asks it first.

    @lru_cache(maxsize=None)                       def fib_computed(n):
    def fib(n):                                        return n if n < 2 else fib(n - 1) + fib(n - 2)
        return n if n < 2 else             ->      fib_results = {}
            fib(n - 1) + fib(n - 2)                def fib(n):
                                                       if n not in fib_results:
                                                           fib_results[n] = fib_computed(n)
                                                       return fib_results[n]

Python keeps `f(1)`, `f(n=1)` and `f()` apart, whatever the defaults: all calls must be written in one way. Others stay
as they are, and are refused where the function is lowered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.imported import names_imported, qualified
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import uses, walk

_LEAST_RECENT = "functools.lru_cache"
CACHES = frozenset({_LEAST_RECENT, "functools.cache"})

#: How many results are kept where a decorator does not say it.
_USUAL = "128"

_UNBOUNDED = """\
if {key} not in {results}:
    {results}[{key}] = {computed}({arguments})
return {results}[{key}]
"""

#: The results in the order of their last use. The function itself may have kept this one meanwhile.
_BOUNDED = """\
if {key} in {results}:
    {results}.move_to_end({key})
    return {results}[{key}]
result = {computed}({arguments})
if {key} not in {results}:
    if len({results}) >= {most}:
        {results}.popitem(last=False)
    {results}[{key}] = result
return result
"""


def keep_results_in_dicts(source: Source) -> Source:
    """The source with each function of the module that keeps its results as two functions and a dict."""
    imported = names_imported(source.module.body)
    if not any(_is_cache(name) for name in imported.values()):
        return source
    pass_ = _Pass(Spans(source), imported, source.module)
    body = [part for node in source.module.body for part in pass_.statement(node)]
    module = pass_.spans.changed(source.module, body=body)
    module = cast("cst.Module", pass_.spans.substituted(module, pass_.cleared)) if pass_.results else module
    hidden = source.hidden | set(pass_.results.values())
    return replace(source, module=module, positions=pass_.spans.positions, hidden=hidden)


def _is_cache(name: str) -> bool:
    return name == "functools" or name in CACHES


class _Pass:
    """The pass over a module: the functions that keep their results, each with the dict that has them."""

    def __init__(self, spans: Spans, imported: Mapping[str, str], module: cst.Module) -> None:
        self.spans, self.imported, self.module = spans, imported, module
        self.taken = names_used(module)
        self.results: dict[str, str] = {}
        known = [name for name, meant in imported.items() if meant == "collections.OrderedDict"]
        self.is_imported = bool(known)
        self.ordered = known[0] if known else self._fresh("OrderedDict")

    def statement(self, node: cst.BaseStatement | cst.SimpleStatementLine) -> Iterator[cst.BaseStatement]:
        """A statement of the module; a function that keeps its results as three."""
        if not isinstance(node, cst.FunctionDef) or not _may_keep(node):
            yield node
            return
        most = self._most(node.decorators[0].decorator)
        if most is None or not self._is_called_in_one_way(node.name.value):
            yield node
            return
        name = node.name.value
        results, computed = self._fresh(f"{name}_results"), self._fresh(f"{name}_computed")
        self.results[name] = results
        plain = self.spans.placed(cst.Name(computed), node.name)
        yield self.spans.changed(node, name=plain, decorators=node.decorators[1:])
        made = "{}" if most == "None" else f"{self.ordered}()"
        if most != "None" and not self.is_imported:
            self.is_imported = True
            written = f"from collections import OrderedDict as {self.ordered}"
            yield self.spans.placed_whole(cst.parse_statement(written), node.name)
        yield self.spans.placed_whole(cst.parse_statement(f"{results} = {made}"), node.name)
        names = [parameter.name.value for parameter in (*node.params.posonly_params, *node.params.params)]
        key = {0: "0", 1: "".join(names)}.get(len(names), f"({', '.join(names)})")
        text = _UNBOUNDED if most == "None" else _BOUNDED
        filled = text.format(key=key, results=results, computed=computed, arguments=", ".join(names), most=most)
        body = cst.IndentedBlock(cst.parse_module(filled).body)
        changes = {"decorators": [], "leading_lines": [], "body": self.spans.placed_whole(body, node.name)}
        yield self.spans.changed(node, **changes)

    def _most(self, decorator: cst.BaseExpression) -> str | None:
        """How many results a decorator keeps, as Python writes it; None for other decorators."""
        called = decorator.func if isinstance(decorator, cst.Call) else decorator
        name = qualified(called, self.imported)
        if name not in CACHES:
            return None
        if not isinstance(decorator, cst.Call) or not decorator.args:
            return _USUAL if name == _LEAST_RECENT else "None"
        match decorator.args:
            case [cst.Arg(keyword=None | cst.Name(value="maxsize"), value=cst.Integer(value=most))] if most != "0":
                return most
            case [cst.Arg(keyword=None | cst.Name(value="maxsize"), value=cst.Name(value="None"))]:
                return "None"
            case _:
                return None

    def _is_called_in_one_way(self, name: str) -> bool:
        """Whether all uses of a function are calls with arguments for the same parameters, or clear its results."""
        ways = set()
        for parents, node in uses(self.module, name):
            match parents[-1]:
                case cst.Call(func=func, args=args) if func is node and not any(part.star for part in args):
                    ways.add(tuple(None if part.keyword is None else part.keyword.value for part in args))
                case cst.Attribute(attr=cst.Name(value="cache_clear")):
                    continue
                case cst.FunctionDef(name=defined) if defined is node:
                    continue
                case _:
                    return False
        return len(ways) <= 1

    def _fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def cleared(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """`fib.cache_clear()`: `fib_results.clear()`."""
        match node:
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="cache_clear")) if name in self.results:
                made = cst.Attribute(cst.Name(self.results[name]), cst.Name("clear"))
                return self.spans.placed_whole(made, node)
            case _:
                return None


def _may_keep(node: cst.FunctionDef) -> bool:
    """Whether a function is decorated, has plain parameters and gives one result."""
    taken = node.params
    plain = not taken.kwonly_params and taken.star_kwarg is None and not isinstance(taken.star_arg, cst.Param)
    return bool(node.decorators) and plain and not any(isinstance(part, cst.Yield) for part in walk(node.body))
