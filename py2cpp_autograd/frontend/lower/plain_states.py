"""States of modules that are dicts of the program's own making: these say nothing of the versions of the modules.

    net.load_state_dict({name: value for name, value in old.items() if name in wanted})

A module that finds no version in a state takes it for an old one, from which some of its buffers may be missing.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.row import Row

_MAKERS = frozenset({"builtins.dict", "collections.OrderedDict"})


def loading(context: Context, node: cst.Call, row: Row) -> Row:
    """The row that loads what the call is given; the row itself where that is no other one."""
    if row.key != roles.LOAD_STATE or not node.args or not _is_plain(context, node.args[0].value):
        return row
    plain = context.table.find(roles.LOAD_PLAIN_STATE)
    assert plain is not None
    return plain


def _is_plain(context: Context, node: cst.BaseExpression) -> bool:
    """Whether a dict is one that the program makes: here, or wherever its variable is bound."""
    match node:
        case cst.Dict() | cst.DictComp():
            return True
        case cst.Call(func=func):
            return context.qualified(func) in _MAKERS
        case cst.Name(value=name):
            return _is_bound_to_plain(context, name)
        case _:
            return False


def _is_bound_to_plain(context: Context, name: str) -> bool:
    resolved = context.resolve(name)
    scope = resolved.scope
    if resolved.kind != "variable" or scope is None or scope.body is None or name in scope.parameters:
        return False
    values = [
        node.value
        for node in walk(scope.body)
        if isinstance(node, cst.Assign)
        and any(isinstance(one.target, cst.Name) and one.target.value == name for one in node.targets)
    ]
    made = [value for value in values if not isinstance(value, cst.Name) and _is_plain(context, value)]
    return bool(made) and len(made) == scope.bindings.counts[name]
