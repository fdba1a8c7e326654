"""Decorators of the program: the function that they wrap, and the wrapper with its place and name.

    def logged(fn):                                def f_undecorated(x):
        def wrapper(*args):                            return x * 2
            print(fn.__name__)                     def f(*args):
            return fn(*args)             ->            print("f")
        return wrapper                                 return f_undecorated(*args)
    @logged
    def f(x):
        return x * 2

A decorator may take literals (`@repeat(3)`), and may do nothing but define and return its wrapper. Others stay as they
are, and are refused where the function is lowered. A decorator that is used in no other way leaves the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.makers import (
    literals_given,
    parameter_names,
    read_as,
    rebinds,
    returned_function,
    without_unused,
)
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children

_WRAPS = {"wraps", "functools.wraps"}


@dataclass(frozen=True)
class _Decorator:
    """A decorator: the parameter that takes the function, its wrapper, and what its own parameters are."""

    function: str
    wrapper: cst.FunctionDef
    values: Mapping[str, cst.BaseExpression]


def inline_decorators(source: Source) -> Source:
    """The source with each function that a decorator of the program wraps as two functions."""
    body = source.module.body
    makers = {node.name.value: node for node in body if isinstance(node, cst.FunctionDef)}
    if not any(_used(node, makers) for node in makers.values()):
        return source
    spans = Spans(source)
    pass_ = _Pass(spans, makers, names_used(source.module))
    made = [part for node in body for part in pass_.statement(node)]
    kept = without_unused(made, pass_.inlined)
    return replace(source, module=spans.changed(source.module, body=kept), positions=spans.positions)


def _used(node: cst.FunctionDef, makers: Mapping[str, cst.FunctionDef]) -> bool:
    return any(_maker_name(decorator) in makers for decorator in node.decorators)


def _maker_name(decorator: cst.Decorator) -> str | None:
    written = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
    return written.value if isinstance(written, cst.Name) else None


class _Pass:
    """The pass over a module: its decorators by name, and the names that are taken."""

    def __init__(self, spans: Spans, makers: Mapping[str, cst.FunctionDef], taken: set[str]) -> None:
        self.spans, self.makers, self.taken = spans, makers, taken
        self.inlined: set[str] = set()

    def statement(self, node: cst.BaseStatement | cst.SimpleStatementLine) -> Iterator[cst.BaseStatement]:
        """A statement of the module; a decorated function as several."""
        if not isinstance(node, cst.FunctionDef) or not _used(node, self.makers):
            yield node
            return
        found = [(decorator, self._decorator(decorator)) for decorator in reversed(node.decorators)]
        if any(made is None for decorator, made in found if _maker_name(decorator) in self.makers):
            yield node
            return
        current, shown = self.spans.changed(node, decorators=[]), node.name.value
        for decorator, made in found:
            if made is None:
                current = self.spans.changed(current, decorators=[decorator, *current.decorators])
                continue
            plain = self._fresh(f"{node.name.value}_undecorated")
            name = self.spans.placed(cst.Name(plain), current.name)
            yield self.spans.changed(current, name=name)
            current = self._wrapper(node, made, plain, shown)
            shown = shown if made.wrapper.decorators else made.wrapper.name.value
            self.inlined.add(str(_maker_name(decorator)))
        yield current

    def _fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def _wrapper(self, node: cst.FunctionDef, made: _Decorator, plain: str, shown: str) -> cst.FunctionDef:
        """The decorator's wrapper for one function, whose `__name__` is `shown`."""
        name = self.spans.placed(cst.Name(node.name.value), node.name)
        passed = _passes_on(made.wrapper, made.function)
        own = {part.value for part in parameter_names(node.params)}
        if own & (names_used(made.wrapper.body) - set(passed or ())):
            passed = None

        known = read_as(made.wrapper.body, {**made.values, made.function: cst.Name(plain)})

        def rule(part: cst.CSTNode) -> cst.CSTNode | None:
            match part:
                case cst.Call(func=cst.Name(value=found)) if passed is not None and found == made.function:
                    return self._call(part, plain, node.params)
                case cst.Attribute(value=cst.Name(value=found), attr=cst.Name(value="__name__")):
                    return cst.SimpleString(f'"{shown}"') if found == made.function else None
                case _:
                    return known.get(part)

        body = self.spans.substituted(made.wrapper.body, rule)
        taken = made.wrapper.params if passed is None else node.params
        changes = {"name": name, "decorators": [], "params": taken, "body": body, "leading_lines": []}
        return self.spans.changed(made.wrapper, **changes)

    def _call(self, node: cst.CSTNode, function: str, taken: cst.Parameters) -> cst.Call:
        """The call of the wrapped function, with the parameters that it shares with the wrapper."""
        return self.spans.placed_whole(cst.Call(cst.Name(function), _arguments(taken)), node)

    def _decorator(self, decorator: cst.Decorator) -> _Decorator | None:
        """What a decorator does; None where it does more than wrap."""
        maker = self.makers.get(_maker_name(decorator) or "")
        if maker is None:
            return None
        if isinstance(decorator.decorator, cst.Call):
            values = literals_given(maker, decorator.decorator)
            inner = returned_function(maker)
            return None if values is None or inner is None else _wrapping(inner, values)
        return _wrapping(maker, {})


def _wrapping(node: cst.FunctionDef, values: Mapping[str, cst.BaseExpression]) -> _Decorator | None:
    """A function of one function that defines and returns a wrapper, which rebinds neither it nor `values`."""
    wrapper = returned_function(node)
    if wrapper is None or len(node.params.params) != 1 or not _only_wraps(wrapper):
        return None
    function = node.params.params[0].name.value
    return None if rebinds(wrapper, (function, *values)) else _Decorator(function, wrapper, values)


def _only_wraps(node: cst.FunctionDef) -> bool:
    """Whether a wrapper is decorated with `functools.wraps(fn)` at most."""
    for decorator in node.decorators:
        called = decorator.decorator
        if not isinstance(called, cst.Call):
            return False
        name = cst.Module([]).code_for_node(called.func)
        if name not in _WRAPS:
            return False
    return node.asynchronous is None


def _passes_on(wrapper: cst.FunctionDef, function: str) -> tuple[str, str] | None:
    """What `*args` and `**kwargs` are called, where a wrapper takes nothing else and only passes them on."""
    taken = wrapper.params
    if taken.params or taken.posonly_params or taken.kwonly_params:
        return None
    stars = (taken.star_arg, taken.star_kwarg)
    star, double = (part.name.value if isinstance(part, cst.Param) else "" for part in stars)
    names = {star, double} - {""}
    return (star, double) if names and not any(_looks_at(part, function, names) for part in wrapper.body.body) else None


def _looks_at(node: cst.CSTNode, function: str, names: set[str]) -> bool:
    """Whether one of the names is used in another way than `fn(*args, **kwargs)`."""
    if isinstance(node, cst.Name):
        return node.value in names
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == function:
        given = {(part.star, part.value.value) for part in node.args if isinstance(part.value, cst.Name)}
        if len(given) == len(node.args) == len(names) and all(star and name in names for star, name in given):
            return False
    return any(_looks_at(child, function, names) for child in children(node))


def _arguments(parameters: cst.Parameters) -> list[cst.Arg]:
    """A function's parameters passed on to a function that has the same."""
    made = [cst.Arg(cst.Name(part.name.value)) for part in (*parameters.posonly_params, *parameters.params)]
    if isinstance(parameters.star_arg, cst.Param):
        made.append(cst.Arg(cst.Name(parameters.star_arg.name.value), star="*"))
    made += [cst.Arg(cst.Name(part.name.value), cst.Name(part.name.value)) for part in parameters.kwonly_params]
    if parameters.star_kwarg is not None:
        made.append(cst.Arg(cst.Name(parameters.star_kwarg.name.value), star="**"))
    return made
