"""`checkpoint(block, x, use_reentrant=False)`: the call itself, remembered as one that Python runs again."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context

#: What makes no difference to values and gradients, and what must have this value.
_IGNORED = frozenset({"determinism_check", "early_stop"})
_WANTED = {"use_reentrant": "False", "preserve_rng_state": "True", "debug": "False"}


def lower(context: Context, node: cst.Call) -> ir.Expr:
    """The call of the function with its arguments."""
    named = {argument.keyword.value: argument for argument in node.args if argument.keyword is not None}
    for name, value in _WANTED.items():
        given = named.get(name)
        if given is not None and not (isinstance(given.value, cst.Name) and given.value.value == value):
            context.refuse("PCA402", given, f"'{name}' must be {value} here", f"write {name}={value}")
    if "context_fn" in named:
        context.refuse("PCA402", named["context_fn"], "'context_fn' has no C++ counterpart", "leave it out")
    if "use_reentrant" not in named:
        message = "a checkpoint that is reentrant runs a backward pass inside of the other one"
        context.refuse("PCA402", node, message, "write use_reentrant=False")
    if not node.args or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, "checkpoint takes a function and its arguments")
    options = _IGNORED | _WANTED.keys()
    arguments = [one for one in node.args[1:] if one.keyword is None or one.keyword.value not in options]
    made = cst.Call(node.args[0].value, arguments)
    context.place_at(made, context.span(node))
    call = context.expression(made)
    context.recomputed.append(call)
    return call
