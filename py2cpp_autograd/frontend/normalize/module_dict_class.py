"""An `nn.ModuleDict` whose modules are attributes, each under its own name, becomes a module class with these.

    self.net = nn.ModuleDict(dict(               class ModelNet(nn.Module):
        emb=nn.Embedding(10, 4),                     def __init__(self, emb, head):
        head=nn.Linear(4, 2),                            super().__init__()
    ))                                    ->             self.emb = emb
    ...                                                  self.head = head
    self.net.head(self.net.emb(x))
                                                 self.net = ModelNet(nn.Embedding(10, 4), nn.Linear(4, 2))

Only where the program does nothing with the dict but name its modules, or what every module has, and names one of them
as an attribute at least. A variable may stand for the dict: `m = self.net`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, names_used, target_names
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import ApiType

_DICT = roles.MODULE_DICT.rpartition(".")[2]
_MODULE = roles.MODULE.rpartition(".")[2]
#: What a dict does in another way than other modules, or is asked as a dict.
_OF_DICTS = frozenset({"keys", "values", "items", "update", "pop", "clear", "add_module", "register_module"})


@dataclass(frozen=True)
class _Found:
    """A dict of modules that an attribute takes: the call, and its modules by name."""

    call: cst.Call
    attribute: str
    modules: dict[str, cst.BaseExpression]


def spell_out_module_dicts(source: Source, table: Table) -> Source:
    """The source with each dict of modules that serves as a record made an instance of a class."""
    if _DICT not in source.text or _asks(source.module):
        return source
    spans = Spans(source)
    used = names_used(source.module)
    body: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    changes: dict[cst.CSTNode, cst.CSTNode] = {}
    written = dict(source.written_for)
    for node in source.module.body:
        for found in _records(source.module, node, table) if isinstance(node, cst.ClassDef) else ():
            assert isinstance(node, cst.ClassDef)
            name = f"{node.name.value}{found.attribute.title().replace('_', '')}"
            if name not in used:
                used.add(name)
                written[name] = _DICT
                body.append(spans.placed_whole(_class(found, name), node.name))
                changes[found.call] = _made(spans, found, name)
        body.append(node)
    if not changes:
        return source
    changes.update(_named(spans, source.module, changes))
    module = spans.changed(source.module, body=body)
    made = spans.substituted(module, changes.get)
    assert isinstance(made, cst.Module)
    return replace(source, module=made, positions=spans.positions, written_for=written)


def _asks(node: cst.CSTNode) -> bool:
    """Whether a program asks what is a dict of modules."""
    match node:
        case cst.Call(func=cst.Name(value="isinstance" | "type" | "issubclass"), args=args):
            return any(_DICT in names_used(arg) for arg in args)
        case _:
            return any(map(_asks, node.children))


def _records(module: cst.Module, node: cst.ClassDef, table: Table) -> Iterator[_Found]:
    for found in _assigned(node):
        uses = list(_uses(module, found.attribute))
        named = [use for use in uses if _names(use) in found.modules]
        rest = [use for use in uses if use not in named]
        if any(isinstance(use, cst.Attribute) for use in named) and all(_is_of_any_module(table, use) for use in rest):
            yield found


def _is_of_any_module(table: Table, use: cst.CSTNode) -> bool:
    """Whether an access is to what every module has, and a dict does nothing else about."""
    name = str(_names(use)) if isinstance(use, cst.Attribute) else ""
    return table.attribute(ApiType(roles.MODULE), name) is not None and name not in _OF_DICTS


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


def _uses(node: cst.CSTNode, attribute: str, aliases: frozenset[str] = frozenset()) -> Iterator[cst.CSTNode]:
    """What is done with each `x.attribute`: the access to a part of it, or the name of the attribute alone.

    `aliases`: the variables of the function around that stand for it.
    """
    parts: Sequence[cst.CSTNode] = node.children
    match node:
        case cst.FunctionDef():
            aliases |= _aliases(node, attribute)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)], value=cst.Call() as made) if (
            target.attr.value == attribute and _makes_dict(made)
        ):
            parts = made.children
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Attribute() as value) if (
            name in aliases
        ):
            parts = [value.value]
        case cst.Attribute(value=inner) | cst.Subscript(value=inner) if _is_dict(inner, attribute, aliases):
            yield node
            parts = [inner.value] if isinstance(inner, cst.Attribute) else []
        case cst.Attribute(attr=named, value=inner):
            yield from [named] if named.value == attribute else []
            parts = [inner]
        case cst.Arg(value=inner):
            parts = [inner]
        case cst.Name(value=name) if name in aliases:
            yield node
    for part in parts:
        yield from _uses(part, attribute, aliases)


def _is_dict(node: cst.CSTNode, attribute: str, aliases: Container[str]) -> bool:
    match node:
        case cst.Attribute(attr=cst.Name(value=name)):
            return name == attribute
        case cst.Name(value=name):
            return name in aliases
        case _:
            return False


def _makes_dict(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Attribute) and node.func.attr.value == _DICT


def _aliases(function: cst.FunctionDef, attribute: str) -> frozenset[str]:
    """The variables that a function binds to `x.attribute`, and to nothing else."""
    bound = bindings_of(function.body).counts
    inner = [part for part in walk(function.body) if isinstance(part, cst.FunctionDef | cst.Lambda | cst.CompFor)]
    hidden = _parameters(function).union(*map(_bound_by, inner))
    found = set()
    for node in walk(function):
        match node:
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))],
                value=cst.Attribute(attr=cst.Name(value=read)),
            ) if read == attribute and bound[name] == 1 and name not in hidden:
                found.add(name)
    return frozenset(found)


def _parameters(function: cst.FunctionDef | cst.Lambda) -> set[str]:
    return {part.name.value for part in walk(function.params) if isinstance(part, cst.Param)}


def _bound_by(node: cst.FunctionDef | cst.Lambda | cst.CompFor) -> set[str]:
    """The names that a function or comprehension has for itself."""
    if isinstance(node, cst.CompFor):
        return set(target_names(node.target))
    return _parameters(node) | set(bindings_of(node.body).counts)


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
