"""Orders of data: samplers over data sets of the program, and batches of what any sampler gives.

    RandomSampler(points)                        RandomSampler(lambda: len(points))
    RandomSampler(range(n))                      RandomSampler(len(range(n)))
    BatchSampler(sampler, 4, drop_last=True)     an object of a class that is written here
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import method_values, own_classes, rows
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.own_names import SPELLED, builtin
from py2cpp_autograd.types import InstanceType, IntType, RangeType, Type

_CLASS: Final = '''
class {name}:
    """What a {sampler} gives, in lists of one length."""
    def __init__(self, sampler, batch_size: int, drop_last: bool):
        if batch_size <= 0:
            raise ValueError("batch_size should be a positive integer value")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __len__(self):
        if self.drop_last:
            return {len}(self.sampler) // self.batch_size
        return ({len}(self.sampler) + self.batch_size - 1) // self.batch_size

    def __iter__(self):
        batch = []
        for place in self.sampler:
            batch.append(place)
            if {len}(batch) == self.batch_size:
                yield {list}(batch)
                batch = []
        if {len}(batch) > 0 and not self.drop_last:
            yield {list}(batch)
'''
_BATCHES: Final = "batches of"
#: Samplers of the library, which are of one type.
_ANY: Final = "Sampler"
#: The parameter of a sampler that says how many places there are.
_SOURCE: Final = "data_source"


def restore(context: Context) -> None:
    """Define the classes that earlier rounds have found."""
    for fact in sorted(context.assumptions.facts.starting(_BATCHES)):
        _define(context, str(fact[1]))


def of_batches(context: Context, node: cst.Call) -> ir.Expr:
    """`BatchSampler(sampler, batch_size, drop_last)`."""
    first = next((arg.value for arg in node.args if arg.keyword is None or arg.keyword.value == "sampler"), None)
    if first is None:
        context.refuse("PCA306", node, "BatchSampler takes a sampler, a batch_size and drop_last")
    type_ = own_classes.one_class(context, first, context.expression(first).type)
    sampler = type_.name if isinstance(type_, InstanceType) else _ANY
    context.assumptions.note((_BATCHES, sampler))
    name = _define(context, sampler)
    call = node.with_changes(func=cst.Name(name))
    context.place_at(call, context.span(node))
    return members.lower_new(context, call, name)


def over(context: Context, node: cst.Call, name: str, expected: Type | None) -> ir.Expr | None:
    """`RandomSampler(points)`: of a data set of the program, only the length is asked; None for the library's own."""
    source = next((arg for i, arg in enumerate(node.args) if _is_source(arg, i)), None)
    if source is None:
        return None
    length: cst.BaseExpression = cst.Call(builtin("len"), [cst.Arg(source.value)])
    match context.expression(source.value).type:
        case InstanceType() if not method_values.stays(context, source.value):
            message = "the data set of a sampler must be a variable that is assigned once"
            context.refuse("PCA103", source, message, "give it a name of its own")
        case InstanceType():
            length = cst.Lambda(cst.Parameters(), length)
        case RangeType():
            pass
        case IntType():
            context.refuse("PCA403", source, "a sampler takes what has a length, not an int", "write range(n)")
        case _:
            return None
    context.place_at(length, context.span(source))
    arguments = [arg.with_changes(value=length) if arg is source else arg for arg in node.args]
    return rows.call(context, node, name, arguments, expected)


def _is_source(argument: cst.Arg, index: int) -> bool:
    named = argument.keyword is not None and argument.keyword.value == _SOURCE
    return named or (index == 0 and argument.keyword is None and not argument.star)


def _define(context: Context, sampler: str) -> str:
    """Define the class, where that of the samplers stands; its name."""
    name = own_classes.free_name(context, f"BatchesOf{sampler}")
    own_classes.define(context, name, _CLASS.format(name=name, sampler=sampler, **SPELLED), sampler)
    return name
