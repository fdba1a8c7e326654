"""A class of the program that derives from `nn.ModuleDict` becomes a module that finds its modules by their names.

    class Block(nn.ModuleDict):                      class Block(nn.Module):
        def __init__(self, n):                           def __init__(self, n):
            super().__init__()                               super().__init__()
            self["fc"] = nn.Linear(n, n)                     self.add_module("fc", nn.Linear(n, n))
                                              ->
        def forward(self, x):                            def forward(self, x):
            for layer in self.values():                      for layer in self.values():
                x = layer(x)                                     x = layer(x)
            return x                                         return x

                                                         def values(self):
                                                             return self._modules.values()

`_modules` itself, read, is a call of the runtime that gives the modules by name. Where the program asks what is a
ModuleDict, the class stays, and is refused where it is lowered.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes, with_substitutions
from py2cpp_autograd.frontend.own_names import OWN
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children, walk
from py2cpp_autograd.table import roles

_BASE = roles.MODULE_DICT.rpartition(".")[2]
_MODULE = roles.MODULE.rpartition(".")[2]
_HELD = "_modules"
_LOOKS = frozenset({"items", "values", "keys"})
_NEW = "__init__"

#: What a ModuleDict has, where the program may use it.
_METHODS = {
    "items": "def items(self): return self._modules.items()",
    "values": "def values(self): return self._modules.values()",
    "keys": "def keys(self): return self._modules.keys()",
    "__len__": "def __len__(self): return len(self._modules)",
    "__contains__": "def __contains__(self, key: str): return key in self._modules",
    "__getitem__": "def __getitem__(self, key: str): return self._modules[key]",
}


def spell_out_derived_module_dicts(source: Source) -> Source:
    """The source with each class that derives from `nn.ModuleDict` deriving from `nn.Module`."""
    if _BASE in source.text and any(map(_derives, source.module.body)) and not _asks(source.module):
        methods = _used(source.module)
        source = with_classes(source, lambda spans, node: _class(spans, node, methods))
    return with_substitutions(source, _read) if _HELD in source.text or _BASE in source.text else source


def _derives(node: cst.CSTNode) -> bool:
    match node:
        case cst.ClassDef(bases=[cst.Arg(value=cst.Attribute(attr=cst.Name(value=name)), keyword=None, star="")]):
            return name == _BASE
        case _:
            return False


def _asks(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="isinstance" | "type" | "issubclass"), args=args):
            return any(_BASE in names_used(arg) for arg in args)
        case _:
            return any(map(_asks, children(node)))


def _used(module: cst.Module) -> list[str]:
    """The methods that a program may use."""
    found: set[str] = set()
    for node in walk(module):
        match node:
            case cst.Attribute(attr=cst.Name(value=name)):
                found.add(name)
            case cst.Call(func=cst.Name(value="len")):
                found.add("__len__")
            case cst.In() | cst.NotIn():
                found.add("__contains__")
            case cst.Subscript():
                found.add("__getitem__")
    return [name for name in _METHODS if name in found]


def _class(spans: Spans, node: cst.ClassDef, methods: Sequence[str]) -> cst.ClassDef:
    if not _derives(node) or not isinstance(node.body, cst.IndentedBlock):
        return node
    own = {item.name.value for item in node.body.body if isinstance(item, cst.FunctionDef)}
    lacking = [cst.parse_statement(_METHODS[name]) for name in methods if name not in own]
    added = [spans.placed_whole(method, node.name) for method in lacking]
    body = [_method(spans, item) if isinstance(item, cst.FunctionDef) else item for item in node.body.body]
    base = node.bases[0]
    assert isinstance(base.value, cst.Attribute)
    module = spans.changed(base.value, attr=spans.changed(base.value.attr, value=_MODULE))
    bases = [spans.changed(base, value=module)]
    return spans.changed(node, bases=bases, body=spans.changed(node.body, body=[*body, *added]))


def _method(spans: Spans, node: cst.FunctionDef) -> cst.FunctionDef:
    """A method with what it puts into the dict registered under its name."""
    if not node.params.params or not isinstance(node.body, cst.IndentedBlock):
        return node
    self = node.params.params[0].name.value
    body: list[cst.BaseStatement] = []
    for item in node.body.body:
        body += _given(spans, item, self) if node.name.value == _NEW else [item]
    made = spans.changed(node.body, body=body)
    return spans.changed(node, body=spans.substituted(made, lambda part: _stored(spans, part, self)))


def _given(spans: Spans, node: cst.BaseStatement, self: str) -> list[cst.BaseStatement]:
    """`super().__init__(modules)` as `super().__init__()`, and a loop that registers them."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=called, args=[arg]) as call) as expression]):
            pass
        case _:
            return [node]
    match called:
        case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value="__init__")):
            plain = spans.changed(node, body=[spans.changed(expression, value=spans.changed(call, args=[]))])
            text = f"for name__, module__ in modules__.items():\n    {self}.add_module(name__, module__)\n"
            loop = cst.parse_statement(text)
            assert isinstance(loop, cst.For) and isinstance(loop.iter, cst.Call)
            func = loop.iter.func
            assert isinstance(func, cst.Attribute)
            loop = loop.with_changes(iter=loop.iter.with_changes(func=func.with_changes(value=arg.value)))
            return [plain, spans.placed_whole(loop, node)]
        case _:
            return [node]


def _stored(spans: Spans, node: cst.CSTNode, self: str) -> cst.CSTNode | None:
    """`self[name] = module` as `self.add_module(name, module)`."""
    match node:
        case cst.Assign(
            targets=[
                cst.AssignTarget(
                    target=cst.Subscript(
                        value=cst.Name(value=name), slice=[cst.SubscriptElement(slice=cst.Index(value=key))]
                    )
                )
            ],
            value=value,
        ) if name == self:
            called = cst.Attribute(cst.Name(self), cst.Name("add_module"))
            return spans.placed_whole(cst.Expr(cst.Call(called, [cst.Arg(key), cst.Arg(value)])), node)
        case _:
            return None


def _read(spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
    """What is read of `x._modules`, as what is read of the modules by name that the runtime gives."""
    match node:
        case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value=name)) as func, args=[]) if name in _LOOKS:
            made = _by_name(spans, held)
            return None if made is None else spans.changed(node, func=spans.changed(func, value=made))
        case cst.Call(func=cst.Name(value="len"), args=[cst.Arg(value=held, keyword=None, star="") as arg]):
            made = _by_name(spans, held)
            return None if made is None else spans.changed(node, args=[spans.changed(arg, value=made)])
        case cst.Return(value=cst.Subscript(value=held) as item) | cst.Call(func=cst.Subscript(value=held) as item):
            made = _by_name(spans, held)
            if made is None:
                return None
            field = "value" if isinstance(node, cst.Return) else "func"
            return spans.changed(node, **{field: spans.changed(item, value=made)})
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn(), comparator=held):
            made = _by_name(spans, held)
            return None if made is None else spans.changed(node, comparator=made)
        case _:
            return None


def _by_name(spans: Spans, node: cst.BaseExpression) -> cst.Call | None:
    """`x._modules` as the call that gives the modules of `x` by name; None for other expressions."""
    match node:
        case cst.Attribute(value=owner, attr=cst.Name(value=name)) if name == _HELD:
            called = cst.Attribute(cst.Name(OWN), cst.Name(roles.MODULES_BY_NAME.rpartition(".")[2]))
            return spans.placed_whole(cst.Call(called, [cst.Arg(owner)]), node)
        case _:
            return None
