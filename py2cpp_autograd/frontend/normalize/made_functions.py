"""Functions that a function of the program makes for constants, written out.

    def _ntuple(n):                                  def to_2tuple(x):
        def parse(x):                                    return x if isinstance(x, tuple) else (x,) * 2
            return x if isinstance(x, tuple) else (x,) * n
        return parse                         ->
    to_2tuple = _ntuple(2)

As functions of the module they take values of several types. What makes them leaves the program if it is used no more.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, bound_by_functions, names_used
from py2cpp_autograd.frontend.normalize.makers import (
    Statement,
    literals_given,
    read_as,
    rebinds,
    returned_function,
    without_unused,
)
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import uses, walk


def write_out_made_functions(source: Source) -> Source:
    """The source with each function of the module that another one makes for constants as a function of its own."""
    functions = (node for node in source.module.body if isinstance(node, cst.FunctionDef))
    makers = {node.name.value: node for node in functions if _is_maker(node)}
    if not makers:
        return source
    pass_ = _Pass(source, makers)
    body = [pass_.statement(node) for node in source.module.body]
    if not pass_.used:
        return source
    kept = without_unused(body, pass_.used)
    return replace(source, module=pass_.spans.changed(source.module, body=kept), positions=pass_.spans.positions)


def _is_maker(node: cst.FunctionDef) -> bool:
    """Whether a function, which nothing decorates, only makes a function that does not call itself."""
    if node.decorators or node.asynchronous is not None:
        return False
    made, own = returned_function(node), node.params
    plain = not own.kwonly_params and own.star_kwarg is None and not isinstance(own.star_arg, cst.Param)
    if made is None or made.decorators or made.asynchronous is not None or not plain or own.posonly_params:
        return False
    names = {parameter.name.value for parameter in own.params}
    return made.name.value not in names_used(made.body) and not rebinds(made, names) and not _comprehends(made, names)


def _comprehends(made: cst.FunctionDef, names: set[str]) -> bool:
    """Whether a comprehension inside has a variable with one of the names."""
    loops = (part for part in walk(made.body) if isinstance(part, cst.CompFor))
    return any(names & names_used(loop.target) for loop in loops)


class _Pass:
    """The pass over a module: its makers by name, and those of which something was made."""

    def __init__(self, source: Source, makers: dict[str, cst.FunctionDef]) -> None:
        self.spans, self.makers, self.module = Spans(source), makers, source.module
        self.used: set[str] = set()
        self.counts = bindings_of(source.module).counts + bound_by_functions(source.module)

    def statement(self, node: Statement) -> Statement:
        """A statement of the module: the function that it makes, if that is all that it does."""
        match node:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value=name) as target)],
                        value=cst.Call(func=cst.Name(value=maker)) as call,
                    )
                ]
            ) if maker in self.makers and self._has_one_meaning(name, maker):
                return self._made(node, target, self.makers[maker], call) or node
            case _:
                return node

    def _has_one_meaning(self, name: str, maker: str) -> bool:
        """Whether the names are bound once, and no attribute is read: not the function's `__name__`."""
        asked = any(isinstance(parents[-1], cst.Attribute) for parents, _ in uses(self.module, name))
        return self.counts[name] == 1 and not self.counts[maker] and not asked

    def _made(
        self, node: cst.SimpleStatementLine, target: cst.Name, maker: cst.FunctionDef, call: cst.Call
    ) -> cst.FunctionDef | None:
        values, made = literals_given(maker, call), returned_function(maker)
        if values is None or made is None:
            return None
        self.used.add(maker.name.value)
        known = read_as(made, values)
        function = self.spans.substituted(made, known.get)
        assert isinstance(function, cst.FunctionDef)
        name = self.spans.placed(cst.Name(target.value), target)
        return self.spans.changed(function, name=name, leading_lines=node.leading_lines)
