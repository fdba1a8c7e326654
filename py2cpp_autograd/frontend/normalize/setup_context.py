"""A custom Function's `setup_context`, which C++ lacks, becomes the end of its `forward`.

    def forward(x, n): ...; return y             def forward(ctx, x, n): ...; out = y; ctx.n = n; return out
    def setup_context(ctx, inputs, out):    ->
        _, n = inputs
        ctx.n = n

What cannot be merged stays, and is refused where the class is lowered: a `return` in the middle of `forward`, inputs
that `forward` rebinds or `setup_context` uses as a whole, and names that would meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children

_PARTS = {"forward", "setup_context"}
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def merge_setup_context(source: Source) -> Source:
    """The source with each `setup_context` merged into the `forward` beside it."""
    if not any(isinstance(node, cst.ClassDef) and _methods(node).keys() >= _PARTS for node in source.module.body):
        return source
    return with_classes(source, _class)


def _methods(node: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    return {item.name.value: item for item in node.body.body if isinstance(item, cst.FunctionDef)}


def _class(spans: Spans, node: cst.ClassDef) -> cst.ClassDef:
    methods = _methods(node)
    if not methods.keys() >= _PARTS:
        return node
    forward, setup = methods["forward"], methods["setup_context"]
    merged = _Merge(spans, forward, setup).function()
    if merged is None:
        return node
    kept = [merged if item is forward else item for item in node.body.body if item is not setup]
    return spans.changed(node, body=spans.changed(node.body, body=kept))


class _Merge:
    """One `forward` and the `setup_context` that becomes its end."""

    def __init__(self, spans: Spans, forward: cst.FunctionDef, setup: cst.FunctionDef) -> None:
        self.spans, self.forward, self.setup = spans, forward, setup
        self.inputs = [parameter.name.value for parameter in forward.params.params]
        self.names = [parameter.name.value for parameter in setup.params.params]

    def function(self) -> cst.FunctionDef | None:
        """The merged `forward`, or None where the two cannot be merged."""
        body = self.forward.body
        if len(self.names) != 3 or not isinstance(body, cst.IndentedBlock) or self._rebinds_inputs():
            return None
        *before, last = body.body
        if not isinstance(last, cst.SimpleStatementLine) or any(_returns(part) for part in (*before, self.setup.body)):
            return None
        *shared, result = last.body
        end = self._setup_body()
        if not isinstance(result, cst.Return) or result.value is None or end is None:
            return None
        stored = self._store(result)
        if stored is None or self._names_meet():
            return None
        returned = self._line(self.spans.placed(cst.Return(cst.Name(self.names[2])), result), last)
        if shared:
            before.append(self.spans.changed(last, body=shared))
        merged = [*before, *stored, *end, returned]
        parameters = self.forward.params
        context = self.setup.params.params[0]
        return self.spans.changed(
            self.forward,
            params=self.spans.changed(parameters, params=(context, *parameters.params)),
            body=self.spans.changed(body, body=merged),
        )

    def _rebinds_inputs(self) -> bool:
        return any(name in bindings_of(self.forward.body).counts for name in self.inputs)

    def _store(self, result: cst.Return) -> list[Statement] | None:
        """`output = value`; nothing where the value is already the variable of that name."""
        assert result.value is not None
        output = self.names[2]
        if isinstance(result.value, cst.Name) and result.value.value == output:
            return []
        if output in bindings_of(self.forward.body).counts or output in self.inputs:
            return None
        return [self._assignment(output, result.value, result)]

    def _assignment(self, name: str, value: cst.BaseExpression, where: cst.CSTNode) -> Statement:
        target = self.spans.placed(cst.AssignTarget(self.spans.placed(cst.Name(name), where)), where)
        return self._line(self.spans.placed(cst.Assign([target], value), where), where)

    def _line(self, statement: cst.BaseSmallStatement, where: cst.CSTNode) -> cst.SimpleStatementLine:
        return self.spans.placed(cst.SimpleStatementLine([statement]), where)

    def _setup_body(self) -> list[Statement] | None:
        """The statements of `setup_context`, its inputs by their own names; None where it uses them otherwise."""
        if not isinstance(self.setup.body, cst.IndentedBlock):
            return None
        made: list[Statement] = []
        for statement in self.setup.body.body:
            unpacked = self._unpacked(statement)
            if unpacked is not None:
                made += unpacked
                continue
            named = self.spans.substituted(statement, self._item)
            if self.names[1] in names_used(named):
                return None
            assert isinstance(named, cst.SimpleStatementLine | cst.BaseCompoundStatement)
            made.append(named)
        return made

    def _unpacked(self, statement: cst.CSTNode) -> list[Statement] | None:
        """`x, _, n = inputs` as assignments of those that get another name."""
        match statement:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(elements=elements))], value=cst.Name(value=v))
                ]
            ) if v == self.names[1] and len(elements) == len(self.inputs):
                names = [element.value.value for element in elements if isinstance(element.value, cst.Name)]
                if len(names) != len(elements):
                    return None
                pairs = zip(names, self.inputs, strict=True)
                return [
                    self._assignment(name, self.spans.placed(cst.Name(given), statement), statement)
                    for name, given in pairs
                    if name not in (given, "_")
                ]
            case _:
                return None

    def _item(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """`inputs[1]` is the second input."""
        match node:
            case cst.Subscript(
                value=cst.Name(value=name),
                slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value=text)))],
            ) if name == self.names[1] and int(text, 0) < len(self.inputs):
                return cst.Name(self.inputs[int(text, 0)])
            case _:
                return None

    def _names_meet(self) -> bool:
        """Whether a variable of `setup_context` has the name of another variable of `forward`."""
        inner = set(bindings_of(self.setup.body).counts) - set(self.inputs) - {"_"}
        outer = {*bindings_of(self.forward.body).counts, *self.inputs} - {self.names[2]}
        return bool(inner & outer) or self.names[0] in outer or self._swaps() or self._reads_globals()

    def _reads_globals(self) -> bool:
        """Whether a name that is an input in `forward` is something else in `setup_context`."""
        unpacks = any(self._unpacked(statement) is not None for statement in self.setup.body.body)
        return not unpacks and bool(names_used(self.setup.body) & set(self.inputs))

    def _swaps(self) -> bool:
        """Whether an input gets the name of another input."""
        swapped = (self._unpacked(statement) for statement in self.setup.body.body)
        return any(name in self.inputs for part in swapped for name in _assigned(part or ()))


def _assigned(statements: Sequence[cst.CSTNode]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assign):
            target = statement.body[0].targets[0].target
            if isinstance(target, cst.Name):
                yield target.value


def _returns(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.FunctionDef | cst.Lambda):
        return False
    return isinstance(node, cst.Return) or any(map(_returns, children(node)))
