"""A class of the program that derives from `nn.Sequential` becomes a module that says what it runs.

    class Block(nn.Sequential):                        class Block(nn.Module):
        def __init__(self, n):                             def __init__(self, n):
            super().__init__(nn.Linear(n, n), nn.ReLU())       super().__init__()
                                               ->              self.0 = nn.Linear(n, n)
                                                               self.1 = nn.ReLU()
                                                           def forward(self, input):
                                                               input = self.0(input)
                                                               input = self.1(input)
                                                               return input

`self.add_module("name", module)` in the constructor is `self.name = module`. Where the constructor is given a list, or
the program asks what is a Sequential, the class stays, and is refused where it is lowered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.table import roles

_BASE = roles.SEQUENTIAL.rpartition(".")[2]
_MODULE = roles.MODULE.rpartition(".")[2]
_INPUT = "input"
_NEW = "__init__"

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


class _Place(cst.Name):
    """The name of a module in a Sequential, its place: no identifier of Python."""

    def _validate(self) -> None:
        """Anything goes."""

    def _visit_and_replace_children(self, visitor: cst.CSTVisitorT) -> _Place:
        return self  # a copy would be a Name, which is validated


def spell_out_sequential_classes(source: Source) -> Source:
    """The source with each class that derives from `nn.Sequential` deriving from `nn.Module`."""
    if not any(map(_is_sequential, source.module.body)) or _asks_for_sequential(source.module):
        return source
    return with_classes(source, _class)


def _is_sequential(node: cst.CSTNode) -> bool:
    match node:
        case cst.ClassDef(bases=[cst.Arg(value=cst.Attribute(attr=cst.Name(value=name)), keyword=None)]):
            return name == _BASE
        case _:
            return False


def _asks_for_sequential(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="isinstance" | "type"), args=args):
            return any(_BASE in names_used(arg) for arg in args)
        case _:
            return any(map(_asks_for_sequential, children(node)))


def _class(spans: Spans, node: cst.ClassDef) -> cst.ClassDef:
    methods = [item for item in node.body.body if isinstance(item, cst.FunctionDef)]
    if not _is_sequential(node) or [method.name.value for method in methods] != [_NEW]:
        return node
    constructor = _constructor(spans, methods[0])
    if constructor is None:
        return node
    forward = _forward(spans, methods[0], constructor.names)
    body = [constructor.method if item is methods[0] else item for item in node.body.body]
    base = node.bases[0]
    assert isinstance(base.value, cst.Attribute)
    module = spans.changed(base.value, attr=spans.changed(base.value.attr, value=_MODULE))
    return spans.changed(
        node, bases=[spans.changed(base, value=module)], body=spans.changed(node.body, body=[*body, forward])
    )


@dataclass(frozen=True)
class _Constructor:
    """The constructor as it is spelled out, and the names of the modules in order."""

    method: cst.FunctionDef
    names: Sequence[str]


def _constructor(spans: Spans, node: cst.FunctionDef) -> _Constructor | None:
    if not isinstance(node.body, cst.IndentedBlock) or not node.params.params:
        return None
    self = node.params.params[0].name.value
    made: list[Statement] = []
    names: list[str] = []
    for statement in node.body.body:
        parts = _registrations(spans, statement, self)
        if parts is None and self in names_used(statement):
            return None
        for name, line in parts or [("", statement)]:
            names += [name] if name else []
            assert isinstance(line, cst.SimpleStatementLine | cst.BaseCompoundStatement)
            made.append(line)
    if not names or len(set(names)) != len(names):
        return None
    return _Constructor(spans.changed(node, body=spans.changed(node.body, body=made)), names)


def _registrations(spans: Spans, node: cst.CSTNode, self: str) -> list[tuple[str, cst.CSTNode]] | None:
    """What a statement registers, each with its statement; the base's constructor itself has no name."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=called, args=args) as call) as expression]):
            if any(arg.star or arg.keyword for arg in args):
                return None
        case _:
            return None
    match called:
        case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value="__init__")):
            plain = spans.changed(node, body=[spans.changed(expression, value=spans.changed(call, args=[]))])
            stored = [(str(place), _stored(spans, self, str(place), arg)) for place, arg in enumerate(args)]
            return [("", plain), *stored]
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value="add_module")) if receiver == self:
            match args:
                case [cst.Arg(value=cst.SimpleString() as text), module] if str(text.evaluated_value).isidentifier():
                    name = str(text.evaluated_value)
                    return [(name, _stored(spans, self, name, module))]
    return None


def _stored(spans: Spans, self: str, name: str, module: cst.Arg) -> cst.SimpleStatementLine:
    """`self.name = module`."""
    target = cst.AssignTarget(_field(self, name))
    return spans.placed_whole(cst.SimpleStatementLine([cst.Assign([target], module.value)]), module)


def _field(self: str, name: str) -> cst.Attribute:
    return cst.Attribute(cst.Name(self), _Place(name) if name.isdecimal() else cst.Name(name))


def _forward(spans: Spans, constructor: cst.FunctionDef, names: Sequence[str]) -> cst.FunctionDef:
    """`forward`, which gives its input to one module after the other."""
    self = constructor.params.params[0].name.value
    calls = [cst.Call(_field(self, name), [cst.Arg(cst.Name(_INPUT))]) for name in names]
    steps = [cst.Assign([cst.AssignTarget(cst.Name(_INPUT))], call) for call in calls[:-1]]
    body = [cst.SimpleStatementLine([step]) for step in (*steps, cst.Return(calls[-1]))]
    parameters = cst.Parameters([cst.Param(cst.Name(self)), cst.Param(cst.Name(_INPUT))])
    made = cst.FunctionDef(cst.Name("forward"), parameters, cst.IndentedBlock(body))
    for part in children(made):
        spans.placed_whole(part, constructor.name)
    return spans.placed(made, constructor)
