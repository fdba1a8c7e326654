"""Iterators that are kept: `it = iter(xs)`, `pairs = zip(a, b)`, `batches = batches_of(loader)`, `(f(x) for x in xs)`.

Each gives its values once, when it is asked for them, in C++ too: `py2cpp::Iterator<T>`, whose copies are one iterator.
What a loop runs over at once has no need of one, and stays a loop.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled, join
from py2cpp_autograd.frontend.lower import comprehensions, iterated, lazy_values, rows
from py2cpp_autograd.frontend.lower.eager import LAZY, NOW, is_lazy, is_pairing
from py2cpp_autograd.frontend.lower.iteration import lower_iterable
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.types import ApiType, InstanceType, IteratorType, NoneType, OptionalType, Type

# ------------------------------------------------------------------------------------- what makes them


def lower_lazy(context: Context, node: cst.BaseExpression, now: bool = False) -> ir.Expr | None:
    """The iterator that `zip(...)`, `map(...)`, a generator expression and the like give, where it is kept.

    `now`: a loop uses it up at once, before what it captures can end.
    """
    if isinstance(node, cst.GeneratorExp):
        return lazy_values.of_expression(context, node, iterate, now)
    if is_pairing(context, node):
        return iterate(context, node)
    if isinstance(node, cst.Call) and is_lazy(context, node):
        return lazy_values.of_call(context, node, iterate, now)
    return None


def lower_generator_expression(context: Context, node: cst.GeneratorExp, expected: Type | None) -> ir.Expr:
    """A generator expression: an iterator where one is wanted, else the list that its consumer makes of it."""
    if expected is LAZY or expected is NOW:
        return lazy_values.of_expression(context, node, iterate, expected is NOW)
    return comprehensions.lower_comprehension(context, node, expected)


def lower_iter(context: Context, node: cst.Call) -> ir.Expr:
    """`iter(values)`."""
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, "iter takes one iterable here", "write a loop with a test")
    return iterate(context, node.args[0].value)


def iterate(context: Context, node: cst.BaseExpression, now: bool = False) -> ir.Expr:
    """An iterator over anything that a loop runs over."""
    made = lower_lazy(context, node, now) if is_lazy(context, node) else None
    if made is not None:
        return made
    iterable, item = lower_iterable(context, node)
    if not is_settled(item):
        context.pending(node)
    return iterated.of(context, node, iterable, item)


def lower_cycle(context: Context, node: cst.Call) -> ir.Expr:
    """`itertools.cycle(values)`."""
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, "cycle takes one iterable")
    return rows.apply_function(context, node, "itertools.cycle", (iterate(context, node.args[0].value),))


def lower_slice(context: Context, node: cst.Call) -> ir.Expr | None:
    """`itertools.islice(iterator, ...)` of an iterator; None for what is a list."""
    if not 2 <= len(node.args) <= 4 or any(argument.keyword or argument.star for argument in node.args):
        context.refuse("PCA306", node, "islice takes an iterable and one to three bounds")
    source, *bounds = [argument.value for argument in node.args]
    iterable, item = lower_iterable(context, source)
    over = iterable.value if isinstance(iterable, ir.Items) else None
    if over is not None and not isinstance(over.type, IteratorType) and not iterated.is_row(over):
        return None
    given = [iterated.of(context, source, iterable, item), *(context.expression(bound) for bound in bounds)]
    return rows.apply_function(context, node, "itertools.islice", given)


# ------------------------------------------------------------------------------------------------ next


def lower_next(context: Context, node: cst.Call) -> ir.Expr | None:
    """`next(it)`, `next(it, default)` of an iterator that is kept; None for what is none."""
    if not 1 <= len(node.args) <= 2 or any(argument.keyword or argument.star for argument in node.args):
        context.refuse("PCA306", node, "next takes an iterator and a default")
    written = node.args[0].value
    source = lower_lazy(context, written) or context.expression(written)
    if not isinstance(source.type, IteratorType):
        return None
    if not is_settled(source.type):
        context.pending(node)
    if len(node.args) == 1:
        inside = context.scope.yields is not None and not context.scope.tries
        name = "builtins.iterator.__next__" if inside else "builtins.next"
        return rows.apply_function(context, node, name, (source,))
    default = context.expression(node.args[1].value, source.type.element)
    type_ = join(source.type.element, default.type)
    if type_ is None:
        context.refuse("PCA302", node, f"this is {source.type.element}, or else {default.type}")
    if type_ != source.type.element and not isinstance(default.type, NoneType):
        context.refuse("PCA302", node, f"this is {source.type.element}, or else {default.type}")
    if isinstance(default.type, NoneType) and isinstance(source.type.element, InstanceType | ApiType | OptionalType):
        context.refuse("PCA303", node, f"this is a {source.type.element} or None", "catch StopIteration instead")
    given = coerce(context, default, type_, "the default") if not isinstance(default.type, NoneType) else default
    return rows.apply_function(context, node, "builtins.next", (source, given))
