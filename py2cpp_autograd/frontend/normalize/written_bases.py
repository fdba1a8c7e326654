"""A class of the API that has no C++ class to derive from becomes a class of the program, which its row writes out.

    class Lion(torch.optim.Optimizer):                   import py2cpp as py2cpp_
        def __init__(self, params, lr=1e-4):
            defaults = dict(lr=lr, decay=0.0)            class OptimizerBase:
            super().__init__(params, defaults)               ...
                                                 ->
                                                         class Lion(OptimizerBase):
                                                             def __init__(self, params, lr=1e-4):
                                                                 defaults = py2cpp_.Defaults()
                                                                 defaults["lr"] = lr
                                                                 defaults["decay"] = 0.0
                                                                 super().__init__(params, defaults)

What `__setstate__` sets for keys that old files lack is left out: the files are those of the program itself. What it
prints is left out too, where the program loads no state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.imported import names_imported, qualified
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.normalize.written_classes import written_class
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children, dotted
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

_OWN = f"{roles.OWN}_"
_NEW = "__init__"
_RESTORED = "__setstate__"
_LOADING = "load_state_dict"
_DEFAULTS = "defaults"


def spell_out_written_bases(source: Source, table: Table) -> Source:
    """The source with the bases that rows write out, and the classes that derive from them deriving from those."""
    imported = names_imported(source.module.body)
    found: dict[str, cst.ClassDef] = {}
    spans = Spans(source)
    body: list[Statement] = []
    loads = _LOADING in source.text
    for node in source.module.body:
        base = _written_base(node, imported, table)
        if base is not None:
            assert isinstance(node, cst.ClassDef)
            if base not in found:
                found[base] = _definition(spans, table, base, node)
                body += [_import(spans, node)] * (len(found) == 1) + [found[base]]
            node = _derived(spans, node, found[base], loads)
        body.append(node)
    own = frozenset(node.name.value for node in found.values())
    if not found or (own | {_OWN}) & names_used(source.module):
        return source
    module = spans.changed(source.module, body=body)
    return replace(source, module=module, positions=spans.positions, own_bases=own)


def _written_base(node: cst.CSTNode, imported: Mapping[str, str], table: Table) -> str | None:
    """The class of the API that a class derives from and that a row writes out."""
    match node:
        case cst.ClassDef(bases=[cst.Arg(value=cst.Name() | cst.Attribute() as base, keyword=None, star="")]):
            row = table.find(qualified(base, imported))
            return row.key if row is not None and written_class(table, row.key) is not None else None
        case _:
            return None


def _import(spans: Spans, where: cst.ClassDef) -> cst.SimpleStatementLine:
    alias = cst.ImportAlias(cst.Name(roles.OWN), cst.AsName(cst.Name(_OWN)))
    return spans.placed_whole(cst.SimpleStatementLine([cst.Import([alias])]), where.name)


def _definition(spans: Spans, table: Table, base: str, where: cst.ClassDef) -> cst.ClassDef:
    made = written_class(table, base)
    assert made is not None
    return spans.placed_whole(made, where.name)


def _derived(spans: Spans, node: cst.ClassDef, base: cst.ClassDef, loads: bool) -> cst.ClassDef:
    """The class with the written base in the place of its own."""
    name = base.name.value
    old = dotted(node.bases[0].value)

    def renamed(part: cst.CSTNode) -> cst.CSTNode | None:
        is_base = isinstance(part, cst.Name | cst.Attribute) and dotted(part) == old
        return spans.placed(cst.Name(name), part) if is_base else None

    body: list[cst.BaseStatement | cst.BaseSmallStatement] = []
    for item in node.body.body:
        if isinstance(item, cst.FunctionDef) and item.name.value == _RESTORED and _only_restores(item, loads):
            continue
        if isinstance(item, cst.FunctionDef) and item.name.value == _NEW and _takes_defaults(base):
            item = _with_defaults(spans, item)
        body.append(_annotated(spans, item, base) if isinstance(item, cst.FunctionDef) else item)
    bases = [spans.changed(node.bases[0], value=spans.placed(cst.Name(name), node.bases[0]))]
    made = spans.changed(node, bases=bases, body=spans.changed(node.body, body=body))
    calls = spans.substituted(made.body, lambda part: _explicit(part, renamed))
    return spans.changed(made, body=calls)


def _annotated(spans: Spans, node: cst.FunctionDef, base: cst.ClassDef) -> cst.FunctionDef:
    """A method that overrides one of the base, whose parameters have the base's annotations where it has none."""
    overridden = [m for m in base.body.body if isinstance(m, cst.FunctionDef) and m.name.value == node.name.value]
    known = {p.name.value: p.annotation for method in overridden for p in method.params.params if p.annotation}
    given = [
        p if p.annotation or p.default or p.name.value not in known else _with(spans, p, known[p.name.value])
        for p in node.params.params
    ]
    if all(new is old for new, old in zip(given, node.params.params, strict=True)):
        return node
    return spans.changed(node, params=spans.changed(node.params, params=given))


def _with(spans: Spans, node: cst.Param, annotation: cst.Annotation | None) -> cst.Param:
    return spans.changed(node, annotation=annotation)


def _explicit(part: cst.CSTNode, renamed: object) -> cst.CSTNode | None:
    """`Optimizer.__init__(self, ...)` of the written base; None for other nodes."""
    match part:
        case cst.Attribute(value=value, attr=cst.Name(value="__init__")) if callable(renamed):
            other = renamed(value)
            return None if other is None else part.with_changes(value=other)
        case _:
            return None


def _takes_defaults(base: cst.ClassDef) -> bool:
    first = base.body.body[0]
    return isinstance(first, cst.FunctionDef) and any(p.name.value == _DEFAULTS for p in first.params.params)


def _only_restores(node: cst.FunctionDef, loads: bool) -> bool:
    """Whether a function does nothing but `super().__setstate__(state)`, `group.setdefault(...)` and to print."""
    match node.body:
        case cst.IndentedBlock(body=body):
            return all(_restores(item) or (not loads and _prints(item)) for item in body)
        case _:
            return False


def _prints(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=cst.Name(value="print")))]):
            return True
        case _:
            return False


def _restores(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value=name))))]):
            return name in {_RESTORED, "setdefault"}
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
        case cst.For(body=cst.IndentedBlock(body=body), orelse=None):
            return all(map(_restores, body))
        case _:
            return False


# ------------------------------------------------------------------------------------------ defaults


def _with_defaults(spans: Spans, node: cst.FunctionDef) -> cst.FunctionDef:
    """The constructor with the dict that it gives to the base spelled out."""
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    given = {name for call in _base_calls(node) for arg in call.args for name in _name_of(arg.value)}
    body: list[cst.BaseStatement] = []
    for item in node.body.body:
        body += _spelled(spans, item, given)
    return spans.changed(node, body=spans.changed(node.body, body=body))


def _base_calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    """The calls of a constructor of a base."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="__init__"))):
            yield node
    for child in children(node):
        yield from _base_calls(child)


def _name_of(node: cst.BaseExpression) -> Iterator[str]:
    if isinstance(node, cst.Name):
        yield node.value


def _spelled(spans: Spans, node: cst.BaseStatement, given: set[str]) -> list[cst.BaseStatement]:
    match node:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]):
            assigned = node.body[0]
            assert isinstance(assigned, cst.Assign)
            items = _items(assigned.value) if name in given else None
            return [node] if items is None else _stores(spans, name, items, node)
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as call)]) if call in [*_base_calls(node)]:
            for argument in call.args:
                items = _items(argument.value)
                if items is not None:
                    value = spans.placed(cst.Name(_DEFAULTS), argument)
                    changed = [spans.changed(a, value=value) if a is argument else a for a in call.args]
                    line = spans.changed(
                        node, body=[spans.changed(node.body[0], value=spans.changed(call, args=changed))]
                    )
                    return [*_stores(spans, _DEFAULTS, items, node), line]
    return [node]


def _items(node: cst.BaseExpression) -> list[tuple[str, cst.BaseExpression]] | None:
    """The keys and values of a dict of options, `**more` under no key; None for other expressions."""
    found: list[tuple[str, cst.BaseExpression]] = []
    match node:
        case cst.Call(func=cst.Name(value="dict"), args=args):
            for argument in args:
                if argument.keyword is None and argument.star != "**":
                    return None
                found.append(("" if argument.keyword is None else argument.keyword.value, argument.value))
        case cst.Dict(elements=elements):
            for element in elements:
                match element:
                    case cst.DictElement(key=cst.SimpleString() as key, value=value):
                        found.append((str(key.evaluated_value), value))
                    case cst.StarredDictElement(value=value):
                        found.append(("", value))
                    case _:
                        return None
        case _:
            return None
    return found


def _stores(
    spans: Spans, name: str, items: Sequence[tuple[str, cst.BaseExpression]], where: cst.CSTNode
) -> list[cst.BaseStatement]:
    made = cst.parse_expression(roles.DEFAULTS.replace(roles.OWN, _OWN, 1))
    called = cst.Call(made, [cst.Arg(value, star="**") for key, value in items if not key])
    lines: list[cst.BaseSmallStatement] = [cst.Assign([cst.AssignTarget(cst.Name(name))], called)]
    for key, value in items:
        if key:
            index = cst.SubscriptElement(cst.Index(cst.SimpleString(repr(key))))
            lines.append(cst.Assign([cst.AssignTarget(cst.Subscript(cst.Name(name), [index]))], value))
    return [spans.placed_whole(cst.SimpleStatementLine([line]), where) for line in lines]
