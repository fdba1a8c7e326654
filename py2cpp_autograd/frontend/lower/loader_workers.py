"""Loaders with workers: each worker has the data set to itself, so that what reading an item changes is not seen.

One process gives the same batches where reading an item, and making a batch of some, changes nothing that outlives it,
draws nothing and writes nothing.
"""

from __future__ import annotations

from collections import Counter

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import InstanceType

#: Methods of lists, dicts and sets that change them; those of tensors end in "_".
_CHANGING = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "add", "discard", "sort"}
)

#: What makes a container that nobody else has.
_DISPLAYS = (cst.List, cst.Dict, cst.Set, cst.ListComp, cst.DictComp, cst.SetComp)


def may_read_apart(context: Context, class_name: str) -> bool:
    """Whether workers that read the items of a data set give what one process gives."""
    definition = hierarchy.method(context, class_name, "__getitem__")
    return definition is not None and _is_plain_body(context, class_name, definition.node, frozenset())


def may_batch_apart(context: Context, definition: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether workers in which a function makes the batches give what one process gives. The list is made for it."""
    last = definition.params.params[-1:]
    return _is_plain_body(context, "", definition, frozenset(one.name.value for one in last))


def _is_plain_body(
    context: Context, class_name: str, definition: cst.FunctionDef | cst.Lambda, made: frozenset[str]
) -> bool:
    """Whether a function only computes, where `made` are parameters that nobody else has."""
    own = made | _own(definition.body)
    return all(_is_plain(context, class_name, node, own) for node in walk(definition.body))


def _own(body: cst.CSTNode) -> frozenset[str]:
    """The variables of a function that hold lists, dicts and sets of its own alone."""
    fresh: Counter[str] = Counter()
    bound: Counter[str] = Counter()
    for node in walk(body):
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
                fresh[name] += isinstance(value, _DISPLAYS)
            case cst.AssignTarget(target=target) | cst.AnnAssign(target=target):
                bound.update(part.value for part in walk(target) if isinstance(part, cst.Name))
            case cst.For(target=target) | cst.CompFor(target=target):
                bound.update(part.value for part in walk(target) if isinstance(part, cst.Name))
            case _:
                pass
    return frozenset(name for name, times in bound.items() if fresh[name] == times)


def _is_plain(context: Context, class_name: str, node: cst.CSTNode, own: frozenset[str]) -> bool:
    match node:
        case cst.Global() | cst.Nonlocal() | cst.AugAssign() | cst.NamedExpr() | cst.Del() | cst.With() | cst.Yield():
            return False
        case cst.AssignTarget(target=cst.Subscript(value=cst.Name(value=name))) if name in own:
            return True
        case cst.AssignTarget(target=target):
            return all(isinstance(part, cst.Name | cst.Tuple | cst.Element) for part in walk(target))
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method))) if name in own:
            return method in _CHANGING or _is_plain_call(context, node)
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
    given = {arg.keyword.value for arg in node.args if arg.keyword is not None}
    return row is not None and all(
        variant.effect == "pure" for variant in row.variants if variant.words.get("result") != "out" or "out" in given
    )


def _is_own(context: Context, node: cst.Attribute) -> bool:
    """Whether a method may be one of the program, or an attribute that is called."""
    name = node.attr.value
    held = any(key[2] == name for key in context.assumptions.types.starting("field"))
    return held or any(hierarchy.method(context, class_name, name) is not None for class_name in context.classes)
