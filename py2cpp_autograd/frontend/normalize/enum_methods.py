"""Methods of enumerations become functions of the module: a C++ `enum class` has none.

    class Mode(Enum):                        class Mode(Enum):
        TRAIN = "train"                          TRAIN = "train"
        def shout(self):               ->
            return self.value + "!"          def Mode_shout(self: Mode):
                                                 return self.value + "!"

What stands for which method is told to lowering, which calls the function: `mode.shout()` is `Mode_shout(mode)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.imported import names_imported, qualified
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import EnumMethod, Source

_ENUMS = ("enum.Enum", "enum.IntEnum", "enum.StrEnum")
_KINDS = {"property": "property", "classmethod": "class", "staticmethod": "static"}


def move_enum_methods(source: Source) -> Source:
    """The source with the methods of its enumerations as functions behind them."""
    imported = names_imported(source.module.body)
    if not {*_ENUMS, "enum"} & set(imported.values()):
        return source
    spans = Spans(source)
    body: list[cst.BaseStatement] = []
    found: dict[tuple[str, str], EnumMethod] = {}
    taken = names_used(source.module)
    for node in source.module.body:
        if not isinstance(node, cst.ClassDef) or not _is_enum(node, imported):
            body.append(node)
            continue
        methods = [item for item in node.body.body if isinstance(item, cst.FunctionDef) and _is_movable(item)]
        others = [item for item in node.body.body if item not in methods]
        body.append(spans.changed(node, body=spans.changed(node.body, body=others)) if methods else node)
        for method in methods:
            kind = _kind(method)
            name = f"{node.name.value}_{method.name.value.strip('_')}"
            while name in taken:
                name += "_"
            found[node.name.value, method.name.value] = EnumMethod(name, kind)
            body.append(_function(spans, node.name.value, method, name, kind))
    if not found:
        return source
    module = spans.changed(source.module, body=body)
    return replace(source, module=module, positions=spans.positions, enum_methods=found)


def _is_enum(node: cst.ClassDef, imported: Mapping[str, str]) -> bool:
    return any(qualified(base.value, imported) in _ENUMS for base in node.bases)


def _is_movable(node: cst.FunctionDef) -> bool:
    """Whether a method is a plain one: not one that `enum` itself calls, nor decorated with more than its kind."""
    name = node.name.value
    special = name.startswith("_") and name.endswith("_") and name not in ("__str__", "__repr__", "__call__")
    written = [decorator.decorator for decorator in node.decorators]
    plain = all(isinstance(one, cst.Name) and one.value in _KINDS for one in written) and len(written) < 2
    return plain and not special


def _kind(node: cst.FunctionDef) -> str:
    written = node.decorators[0].decorator if node.decorators else None
    return _KINDS[written.value] if isinstance(written, cst.Name) else "method"


def _function(spans: Spans, owner: str, method: cst.FunctionDef, name: str, kind: str) -> cst.FunctionDef:
    """The function: it takes the member, or knows its class by name."""
    made = spans.changed(method, name=spans.placed(cst.Name(name), method.name), decorators=[])
    if kind == "static" or not method.params.params:
        return made
    first, *others = method.params.params
    if kind == "class":
        made = spans.changed(made, params=spans.changed(method.params, params=others))
        return _with_name(spans, made, first.name.value, owner)
    annotation = spans.placed_whole(cst.Annotation(cst.Name(owner)), first)
    member = spans.changed(first, annotation=annotation)
    return spans.changed(made, params=spans.changed(method.params, params=[member, *others]))


def _with_name(spans: Spans, function: cst.FunctionDef, parameter: str, owner: str) -> cst.FunctionDef:
    """The function with the class for the parameter that stands for it."""

    def rule(node: cst.CSTNode) -> cst.CSTNode | None:
        is_class = isinstance(node, cst.Name) and node.value == parameter
        return cst.Name(owner) if is_class else None

    made = spans.substituted(function, rule)
    assert isinstance(made, cst.FunctionDef)
    return made
