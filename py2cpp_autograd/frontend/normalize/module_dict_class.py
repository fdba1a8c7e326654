"""An `nn.ModuleDict` whose modules are attributes, each under its own name, becomes a module class with these.

    self.net = nn.ModuleDict(dict(               class ModelNet(nn.Module):
        emb=nn.Embedding(10, 4),                     def __init__(self, emb, head):
        head=nn.Linear(4, 2),                            super().__init__()
    ))                                    ->             self.emb = emb
    ...                                                  self.head = head
    self.net.head(self.net.emb(x))
                                                 self.net = ModelNet(nn.Embedding(10, 4), nn.Linear(4, 2))

Only where the program does nothing with the dict but name its modules, and names one of them as an attribute at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.table import roles

_DICT = roles.MODULE_DICT.rpartition(".")[2]
_MODULE = roles.MODULE.rpartition(".")[2]


@dataclass(frozen=True)
class _Found:
    """A dict of modules that an attribute takes: the call, and its modules by name."""

    call: cst.Call
    attribute: str
    modules: dict[str, cst.BaseExpression]


def spell_out_module_dicts(source: Source) -> Source:
    """The source with each dict of modules that serves as a record made an instance of a class."""
    if _DICT not in source.text:
        return source
    spans = Spans(source)
    used = names_used(source.module)
    body: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    changes: dict[cst.CSTNode, cst.CSTNode] = {}
    for node in source.module.body:
        for found in _records(source.module, node) if isinstance(node, cst.ClassDef) else ():
            assert isinstance(node, cst.ClassDef)
            name = f"{node.name.value}{found.attribute.title().replace('_', '')}"
            if name not in used:
                used.add(name)
                body.append(spans.placed_whole(_class(found, name), node.name))
                changes[found.call] = _made(spans, found, name)
        body.append(node)
    if not changes:
        return source
    changes.update(_named(spans, source.module, changes))
    module = spans.changed(source.module, body=body)
    made = spans.substituted(module, changes.get)
    assert isinstance(made, cst.Module)
    return replace(source, module=made, positions=spans.positions)


def _records(module: cst.Module, node: cst.ClassDef) -> Iterator[_Found]:
    for found in _assigned(node):
        uses = list(_uses(module, found.attribute))
        if any(isinstance(use, cst.Attribute) for use in uses) and all(_names(use) in found.modules for use in uses):
            yield found


def _assigned(node: cst.CSTNode) -> Iterator[_Found]:
    """`self.name = nn.ModuleDict(...)` of modules whose names are written out."""
    match node:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name(), attr=cst.Name(value=name)))],
            value=cst.Call(func=cst.Attribute(attr=cst.Name(value=called)), args=[argument]) as call,
        ) if called == _DICT and argument.keyword is None and not argument.star:
            modules = _items(argument.value)
            if modules:
                yield _Found(call, name, modules)
    for child in node.children:
        yield from _assigned(child)


def _items(node: cst.BaseExpression) -> dict[str, cst.BaseExpression] | None:
    pairs: list[tuple[str, cst.BaseExpression]] = []
    match node:
        case cst.Call(func=cst.Name(value="dict"), args=args) if all(arg.keyword and not arg.star for arg in args):
            pairs = [(arg.keyword.value, arg.value) for arg in args if arg.keyword is not None]
        case cst.Dict(elements=elements):
            for element in elements:
                if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
                    return None
                pairs.append((str(element.key.evaluated_value), element.value))
    return dict(pairs) if len(dict(pairs)) == len(pairs) and all(name.isidentifier() for name, _ in pairs) else None


def _uses(node: cst.CSTNode, attribute: str) -> Iterator[cst.CSTNode]:
    """What is done with each `x.attribute`: the access to a part of it, or the attribute alone."""
    match node:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Attribute(attr=cst.Name(value=name)))],
            value=cst.Call(func=cst.Attribute(attr=cst.Name(value=called))) as value,
        ) if name == attribute and called == _DICT:
            yield from _uses(value, attribute)
            return
        case cst.Attribute(value=cst.Attribute(attr=cst.Name(value=name)) as inner) if name == attribute:
            yield node
            yield from _uses(inner.value, attribute)
            return
        case cst.Subscript(value=cst.Attribute(attr=cst.Name(value=name)) as inner) if name == attribute:
            yield node
            yield from _uses(inner.value, attribute)
            return
        case cst.Attribute(attr=cst.Name(value=name)) if name == attribute:
            yield node.attr
    for child in node.children:
        yield from _uses(child, attribute)


def _names(use: cst.CSTNode) -> str | None:
    """The module that an access names."""
    match use:
        case cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as text))]):
            return str(text.evaluated_value)
        case _:
            return None


def _class(found: _Found, name: str) -> cst.ClassDef:
    """The class that holds the modules."""
    self = "self"
    stored: Sequence[cst.BaseSmallStatement] = [
        cst.Assign([cst.AssignTarget(cst.Attribute(cst.Name(self), cst.Name(part)))], cst.Name(part))
        for part in found.modules
    ]
    base = cst.Attribute(cst.Call(cst.Name("super")), cst.Name("__init__"))
    lines = [cst.Expr(cst.Call(base)), *stored]
    parameters = cst.Parameters([cst.Param(cst.Name(part)) for part in (self, *found.modules)])
    body = cst.IndentedBlock([cst.SimpleStatementLine([line]) for line in lines])
    called = found.call.func
    assert isinstance(called, cst.Attribute)
    bases = [cst.Arg(cst.Attribute(called.value.deep_clone(), cst.Name(_MODULE)))]
    made = cst.FunctionDef(cst.Name("__init__"), parameters, body)
    return cst.ClassDef(cst.Name(name), cst.IndentedBlock([made]), bases)


def _made(spans: Spans, found: _Found, name: str) -> cst.Call:
    arguments = [spans.placed(cst.Arg(module), module) for module in found.modules.values()]
    return cst.Call(spans.placed(cst.Name(name), found.call), arguments)


def _named(spans: Spans, module: cst.Module, changes: dict[cst.CSTNode, cst.CSTNode]) -> dict[cst.CSTNode, cst.CSTNode]:
    """`self.net["head"]` as `self.net.head`."""
    names = {found.attribute for found in _assigned(module) if found.call in changes}
    made: dict[cst.CSTNode, cst.CSTNode] = {}
    for use in (use for name in names for use in _uses(module, name) if isinstance(use, cst.Subscript)):
        made[use] = cst.Attribute(use.value, spans.placed(cst.Name(str(_names(use))), use))
    return made
