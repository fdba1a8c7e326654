"""Decorators that put classes and functions into a dict of the module: the dict is written out behind the last one.

    MODELS = {}

    def register(name):
        def wrap(cls):
            MODELS[name] = cls
            return cls
        return wrap

    @register("small")                    class Small(nn.Module): ...
    class Small(nn.Module): ...    ->     class Big(nn.Module): ...
    @register("big")                      MODELS = {"small": Small, "big": Big}
    class Big(nn.Module): ...

Nothing of the program may run in between, as it could see the dict half filled.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import mentions
from py2cpp_autograd.frontend.normalize.imported import names_imported
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children, walk

Statements = Sequence[cst.BaseStatement | cst.BaseSmallStatement]

#: What may run code of the program, if it is about something of the program.
_COMPUTED = (
    cst.Call | cst.BinaryOperation | cst.UnaryOperation | cst.Comparison | cst.BooleanOperation | cst.Subscript
    | cst.Attribute | cst.IfExp | cst.FormattedString | cst.BaseComp | cst.AugAssign | cst.Del | cst.Assert
)  # fmt: skip


@dataclass(frozen=True)
class _Decorator:
    """A function that registers what it decorates in a dict, under the key that it is given or under its name."""

    node: cst.FunctionDef
    table: str
    takes_key: bool


def fill_registries(source: Source) -> Source:
    """The source with each dict that decorators fill written out."""
    for node in source.module.body:
        decorator = _decorator(node)
        if decorator is not None:
            source = _filled(source, decorator)
    return source


def _decorator(node: cst.CSTNode) -> _Decorator | None:
    if not isinstance(node, cst.FunctionDef) or node.decorators:
        return None
    match _parameters(node), _body(node):
        case [key], [cst.FunctionDef(decorators=[]) as inner, cst.Return(value=cst.Name(value=returned))] if (
            returned == inner.name.value and len(_parameters(inner)) == 1
        ):
            table = _table(_body(inner), _parameters(inner)[0], cst.Name(key))
            return None if table is None else _Decorator(node, table, True)
        case [name], body:
            table = _table(body, name, cst.Attribute(cst.Name(name), cst.Name("__name__")))
            return None if table is None else _Decorator(node, table, False)
        case _:
            return None


def _parameters(node: cst.FunctionDef) -> list[str]:
    """The names of plain parameters without defaults; none where there are others."""
    given = node.params
    others = (*given.kwonly_params, *given.posonly_params, given.star_kwarg)
    plain = not any(others) and given.star_arg is cst.MaybeSentinel.DEFAULT
    return [one.name.value for one in given.params if one.default is None] if plain else []


def _body(node: cst.FunctionDef) -> list[cst.CSTNode]:
    """The statements of a function, without its docstring."""
    found: list[cst.CSTNode] = []
    for statement in node.body.body:
        found += statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
    return [one for one in found if not (isinstance(one, cst.Expr) and isinstance(one.value, cst.SimpleString))]


def _table(body: list[cst.CSTNode], held: str, key: cst.BaseExpression) -> str | None:
    """The dict of `TABLE[key] = held; return held`."""
    match body:
        case [
            cst.Assign(
                targets=[
                    cst.AssignTarget(
                        target=cst.Subscript(
                            value=cst.Name(value=table), slice=[cst.SubscriptElement(slice=cst.Index(value=index))]
                        )
                    )
                ],
                value=cst.Name(value=stored),
            ),
            cst.Return(value=cst.Name(value=returned)),
        ] if stored == returned == held and index.deep_equals(key):
            return table
        case _:
            return None


def _filled(source: Source, decorator: _Decorator) -> Source:
    """The source with one dict written out; as it is where something may see the dict before it is full."""
    body = source.module.body
    name = decorator.node.name.value
    keys: dict[cst.CSTNode, cst.SimpleString] = {}
    keys |= {node: key for node in body if (key := _key(node, decorator)) is not None}
    starts = [place for place, node in enumerate(body) if _makes(node, decorator.table)]
    if len(starts) != 1 or not keys or len({key.value for key in keys.values()}) != len(keys):
        return source
    last = max(place for place, node in enumerate(body) if node in keys)
    between = body[starts[0] + 1 : last + 1]
    early = any(node in keys for node in body[: starts[0]])
    if early or mentions(source.module)[name] != len(keys) + 1 or _may_run(source, between, keys):
        return source
    spans = Spans(source)
    pairs = [cst.DictElement(key, cst.Name(_name(node))) for node, key in keys.items()]
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(decorator.table))], cst.Dict(pairs))])
    made: list[cst.BaseStatement | cst.BaseSmallStatement] = []
    for place, node in enumerate(body):
        if place != starts[0] and node is not decorator.node:
            made.append(spans.changed(node, decorators=[]) if node in keys else node)
        if place == last:
            made.append(spans.placed_whole(line, body[starts[0]]))
    return replace(source, module=spans.changed(source.module, body=made), positions=spans.positions)


def _key(node: cst.CSTNode, decorator: _Decorator) -> cst.SimpleString | None:
    """The key that a class or function is registered under, if it is."""
    if not isinstance(node, cst.ClassDef | cst.FunctionDef) or len(node.decorators) != 1:
        return None
    match node.decorators[0].decorator:
        case cst.Call(func=cst.Name(value=name), args=[cst.Arg(value=cst.SimpleString() as key, star="")]) if (
            decorator.takes_key and name == decorator.node.name.value
        ):
            return key
        case cst.Name(value=name) if not decorator.takes_key and name == decorator.node.name.value:
            return cst.SimpleString(repr(node.name.value))
        case _:
            return None


def _name(node: cst.CSTNode) -> str:
    assert isinstance(node, cst.ClassDef | cst.FunctionDef)
    return node.name.value


def _makes(node: cst.CSTNode, table: str) -> bool:
    """Whether a statement of the module is `TABLE = {}`."""
    match node:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Dict(elements=[]))]
        ):
            return name == table
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=cst.Name(value=name), value=cst.Dict(elements=[]))]):
            return name == table
        case _:
            return False


def _may_run(source: Source, between: Statements, keys: Mapping[cst.CSTNode, cst.SimpleString]) -> bool:
    """Whether code of the program may run while the definitions are made, or read the dict."""
    plain = cst.SimpleStatementLine | cst.FunctionDef | cst.ClassDef
    known = {*names_imported(source.module.body), *dir(builtins)}
    parts = [part for node in between for part in _evaluated(node, node in keys)]
    computed = (one for part in parts for one in walk(part) if isinstance(one, _COMPUTED))
    return not all(isinstance(node, plain) for node in between) or any(_names(one) - known for one in computed)


def _names(node: cst.CSTNode) -> set[str]:
    """The variables, functions and classes that an expression reads: neither attributes nor keywords."""
    match node:
        case cst.Name(value=name):
            return {name}
        case cst.Attribute(value=value) | cst.Arg(value=value):
            return _names(value)
        case _:
            return set().union(*map(_names, children(node)))


def _evaluated(node: cst.CSTNode, registered: bool) -> Iterator[cst.CSTNode]:
    """What is evaluated where a definition stands: not the bodies of functions."""
    match node:
        case cst.FunctionDef(decorators=decorators, params=params):
            yield from () if registered else decorators
            yield params
        case cst.ClassDef(decorators=decorators, bases=bases, body=body):
            yield from () if registered else decorators
            yield from bases
            for item in body.body:
                yield from _evaluated(item, False)
        case _:
            yield node
