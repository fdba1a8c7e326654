"""Whether it makes no difference that what an iterator computes is computed at once, before anyone asks for it."""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import children, walk
from py2cpp_autograd.types import NEVER, IteratorType

#: Wanted where an iterator is kept, and where a loop uses one up at once.
LAZY: Final = IteratorType(NEVER)
NOW: Final = IteratorType(NEVER)
_MAPPING: Final = frozenset({"builtins.map", "builtins.filter"})
_PAIRING: Final = frozenset({"builtins.zip", "builtins.enumerate", "builtins.reversed"})


def wanted(context: Context, node: cst.BaseExpression) -> IteratorType | None:
    """NOW for an iterator that computes its values in a way that others can see; None for all else."""
    return NOW if is_lazy(context, node) and not is_silent(context, node) else None


def is_lazy(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression gives an iterator that computes something: a generator expression, `map`, `filter`."""
    if isinstance(node, cst.GeneratorExp):
        return True
    return isinstance(node, cst.Call) and context.qualified(node.func) in _MAPPING


def is_pairing(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is `zip(...)` or the like, which give what others hold."""
    return isinstance(node, cst.Call) and context.qualified(node.func) in _PAIRING


def is_silent(context: Context, node: cst.BaseExpression) -> bool:
    """Whether nothing that an expression calls does more than to compute its result."""
    if isinstance(node, cst.Call) and context.qualified(node.func) in _MAPPING:
        function, *rest = [argument.value for argument in node.args]
        called = isinstance(function, cst.Lambda) or _is_silent_function(context, function)
        parts: list[cst.CSTNode] = [function.body] if isinstance(function, cst.Lambda) else []
        return called and all(_computes(context, part) for part in [*parts, *rest])
    return _computes(context, node)


def keeps(context: Context, body: cst.CSTNode) -> bool:
    """Whether statements change nothing but variables, so far as their calls and targets tell; they may print."""
    for part in walk(body):
        if isinstance(part, cst.Call) and context.qualified(part.func) != "builtins.print":
            if not _is_silent_function(context, part.func):
                return False
        elif isinstance(part, cst.AssignTarget | cst.AugAssign) and not isinstance(part.target, cst.Name | cst.Tuple):
            return False
    return True


def _computes(context: Context, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call) and not _is_silent_function(context, node.func):
        return False
    if isinstance(node, cst.NamedExpr | cst.Yield | cst.Await):
        return False
    return all(_computes(context, part) for part in children(node))


def _is_silent_function(context: Context, function: cst.BaseExpression) -> bool:
    """Whether a function of the API has no effect; of methods, one that no class of the program has."""
    name = context.qualified(function)
    if name is not None:
        row = context.table.find(name)
        plain = name.startswith("builtins.") and name not in {"builtins.next", "builtins.print", "builtins.input"}
        return plain or (row is not None and all(variant.effect == "pure" for variant in row.variants))
    if not isinstance(function, cst.Attribute):
        return False
    method = function.attr.value
    written = any(_defines(node, method) for node in context.classes.values())
    return not (written or method.endswith("_") or method in _CHANGING)


#: Methods of lists, dicts and the like that change them.
_CHANGING: Final = frozenset({
    "append", "extend", "insert", "pop", "popitem", "remove", "clear", "update", "add", "discard", "setdefault", "sort",
    "reverse", "appendleft", "popleft", "backward", "step", "write", "rotate",
})  # fmt: skip


def _defines(node: cst.ClassDef, method: str) -> bool:
    return any(isinstance(part, cst.FunctionDef) and part.name.value == method for part in node.body.body)
