"""Loaders with workers: each worker has the data set to itself, so that what reading an item changes is not seen.

One process gives the same batches where reading an item changes nothing, draws nothing and writes nothing.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import InstanceType

#: Methods of lists, dicts and sets that change them; those of tensors end in "_".
_CHANGING = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "add", "discard", "sort"}
)


def may_read_apart(context: Context, class_name: str) -> bool:
    """Whether workers that read the items of a data set give what one process gives."""
    definition = hierarchy.method(context, class_name, "__getitem__")
    return definition is not None and all(_is_plain(context, class_name, node) for node in walk(definition.node.body))


def _is_plain(context: Context, class_name: str, node: cst.CSTNode) -> bool:
    match node:
        case cst.Global() | cst.Nonlocal() | cst.AugAssign() | cst.NamedExpr() | cst.Del() | cst.With() | cst.Yield():
            return False
        case cst.AssignTarget(target=target):
            return all(isinstance(part, cst.Name | cst.Tuple | cst.Element) for part in walk(target))
        case cst.Call():
            return _is_plain_call(context, node)
        case cst.Subscript(value=cst.Attribute(attr=cst.Name(value=name))):
            held = context.assumptions.get(("field", class_name, name))
            return not isinstance(held, InstanceType) or may_read_apart(context, held.name)
        case _:
            return True


def _is_plain_call(context: Context, node: cst.Call) -> bool:
    """Whether a call is one of the API that does nothing but compute."""
    name = context.qualified(node.func)
    if name is None:
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        known = isinstance(node.func, cst.Attribute) and not _is_own(context, node.func)
        return known and method not in _CHANGING and not method.endswith("_")
    row = context.table.find(name)
    return row is not None and all(variant.effect == "pure" for variant in row.variants)


def _is_own(context: Context, node: cst.Attribute) -> bool:
    """Whether a method may be one of the program, or an attribute that is called."""
    name = node.attr.value
    held = any(key[0] == "field" and key[2] == name for key in context.assumptions.types)
    return held or any(hierarchy.method(context, class_name, name) is not None for class_name in context.classes)
