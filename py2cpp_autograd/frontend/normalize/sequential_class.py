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
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
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
    spans = Spans(source)
    body = [_class(spans, node) if isinstance(node, cst.ClassDef) else node for node in source.module.body]
    return replace(source, module=spans.changed(source.module, body=body), positions=spans.positions)


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
            return any(map(_asks_for_sequential, node.children))


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
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=cst.Attribute() as called, args=args))]):
            pass
        case _:
            return None
    if any(arg.star or arg.keyword for arg in args):
        return None
    assert isinstance(node, cst.SimpleStatementLine)
    match called:
        case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value="__init__")):
            (expression,) = node.body
            assert isinstance(expression, cst.Expr)
            bare = spans.changed(expression.value, args=[])
            plain = spans.changed(node, body=[spans.changed(expression, value=bare)])
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
    field = spans.placed(_field(spans, self, name, module), module)
    target = spans.placed(cst.AssignTarget(field), module)
    return spans.placed(cst.SimpleStatementLine([spans.placed(cst.Assign([target], module.value), module)]), module)


def _field(spans: Spans, self: str, name: str, where: cst.CSTNode) -> cst.Attribute:
    attribute = _Place(name) if name.isdecimal() else cst.Name(name)
    return spans.placed(cst.Attribute(spans.placed(cst.Name(self), where), spans.placed(attribute, where)), where)


def _forward(spans: Spans, constructor: cst.FunctionDef, names: Sequence[str]) -> cst.FunctionDef:
    """`forward`, which gives its input to one module after the other."""
    where = constructor.name
    self = constructor.params.params[0].name.value

    def name(text: str) -> cst.Name:
        return spans.placed(cst.Name(text), where)

    def line(statement: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
        return spans.placed(cst.SimpleStatementLine([spans.placed(statement, where)]), where)

    def called(module: str) -> cst.Call:
        argument = spans.placed(cst.Arg(name(_INPUT)), where)
        return spans.placed(cst.Call(_field(spans, self, module, where), [argument]), where)

    steps = [
        line(cst.Assign([spans.placed(cst.AssignTarget(name(_INPUT)), where)], called(module))) for module in names[:-1]
    ]
    parameters = [spans.placed(cst.Param(name(text)), where) for text in (self, _INPUT)]
    return spans.placed(
        cst.FunctionDef(
            name("forward"),
            spans.placed(cst.Parameters(parameters), where),
            spans.placed(cst.IndentedBlock([*steps, line(cst.Return(called(names[-1])))]), where),
        ),
        constructor,
    )
