"""`weight_norm(nn.Linear(2, 3))` and its kin: layers whose weight a hook computes before each call.

The runtime registers the hook, as Python does; calls of layers of that class are wrapped as for other hooks.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import module_hooks, parametrized, rows
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType


def lower(context: Context, node: cst.Call, name: str) -> ir.Expr:
    """The layer, which is the one that is given."""
    made = rows.call(context, node, name, node.args, None)
    row = context.table.find(made.type.name) if isinstance(made.type, ApiType) else None
    state = () if row is None else row.variants[0].state
    if roles.WEIGHT not in state or roles.CHANGED_BY_CALLS & set(state):
        advice = "keep the two parameters in a module of your own and compute the weight in its forward"
        context.refuse("PCA401", node, f"a weight of a {made.type} that is computed has no C++ counterpart", advice)
    module_hooks.note_hooked(context, node, made)
    if name in roles.PARAMETRIZING:
        parametrized.note(context, made.type)
    return made
