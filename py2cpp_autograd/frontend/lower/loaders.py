"""Loaders of data sets that the program defines: for each such class, a class that gives its batches.

The class is written here as Python, with `default_collate` spelled out for what the items are, and lowered like a class
of the program. It draws the random numbers that Python's loader draws, and reads each item when its batch is wanted.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import loader_workers
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.classes.dict_classes import declared
from py2cpp_autograd.frontend.lower.loader_text import EXTRAS, class_text
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.own_names import LIBRARY
from py2cpp_autograd.types import (
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_loose,
)

#: The parameters of the library's loader, in order, and what each that the class does not take has to be.
_PARAMETERS: Final = (
    "dataset", "batch_size", "shuffle", "sampler", "batch_sampler", "num_workers", "collate_fn", "pin_memory",
    "drop_last",
)  # fmt: skip
#: Loaders of a data set are given one of EXTRAS: (_GIVEN, class, name).
_GIVEN: Final = "loader is given"
_TAKEN: Final = frozenset({"dataset", "batch_size", "shuffle", "drop_last"})
_IGNORED: Final = frozenset({"pin_memory"})
_DEFAULTS: Final = {
    "sampler": "None", "batch_sampler": "None", "num_workers": "0", "collate_fn": "None", "persistent_workers": "False",
}  # fmt: skip


def restore(context: Context) -> None:
    """Define the classes of loaders that earlier rounds have found."""
    for key, item in context.assumptions.types.items():
        if key[0] == "items of" and str(key[1]) in context.classes:
            _define(context, str(key[1]), item, str(key[2]))


def lower_loader(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """A loader of a data set that a class of the program is; None for other data sets."""
    given = _given(context, node)
    dataset = None if given is None or "dataset" not in given else context.expression(given["dataset"])
    if given is None or dataset is None or not isinstance(dataset.type, InstanceType):
        return None
    collate = _collate(context, given.get("collate_fn"))
    class_name = dataset.type.name
    for name, value in given.items():
        if name not in _TAKEN | _IGNORED | EXTRAS and _spelled(value) != _DEFAULTS.get(name):
            _check(context, name, value, class_name, collate)
    item = _item(context, node, dataset, collate)
    extras = {name for name in EXTRAS & given.keys() if _spelled(given[name]) != "None"}
    for name in sorted(extras):
        context.assumptions.note((_GIVEN, class_name, name))
    context.assumptions.join(("items of", class_name, collate), item)
    made = _define(context, class_name, item, collate)
    arguments = [cst.Arg(value, cst.Name(name)) for name, value in given.items() if name in _TAKEN | extras]
    call = cst.Call(cst.Name(made), arguments)
    context.place_at(call, context.span(node))
    return members.lower_new(context, call, made)


def _check(context: Context, name: str, value: cst.BaseExpression, dataset: str, collate: str) -> None:
    """Refuse an argument of a loader that changes what it gives."""
    advice = f"leave {name} out: one process loads the data here"
    match name:
        case "collate_fn" if collate:
            return
        case "collate_fn":
            advice = "give the name of a function of the module"
        case "num_workers" if loader_workers.may_read_apart(context, dataset):
            return
        case "num_workers":
            message = "workers would read items that change something, or draw random numbers, each for itself"
            context.refuse("PCA402", value, message, "leave num_workers out")
    context.refuse("PCA402", value, f"'{name}' of a loader of this data set has no translation", advice)


def _given(context: Context, node: cst.Call) -> dict[str, cst.BaseExpression] | None:
    given: dict[str, cst.BaseExpression] = {}
    for index, argument in enumerate(node.args):
        if argument.star or index >= len(_PARAMETERS):
            return None
        name = _PARAMETERS[index] if argument.keyword is None else argument.keyword.value
        given[name] = argument.value
    return given


def _collate(context: Context, node: cst.BaseExpression | None) -> str:
    """The function of the module, or the lambda, that makes a batch of a list of items; "" for the library's own."""
    match node:
        case cst.Lambda(params=cst.Parameters(params=[cst.Param(default=None)])) if context.scope.kind == "module":
            return f"{context.span(node).start.line}:{context.source.module.code_for_node(node)}"
    if not isinstance(node, cst.Name):
        return ""
    resolved = context.resolve(node.value)
    return node.value if resolved.kind == "function" and resolved.scope is context.module_scope else ""


def _spelled(node: cst.BaseExpression) -> str | None:
    return node.value if isinstance(node, cst.Name | cst.Integer) else None


def _item(context: Context, node: cst.Call, dataset: ir.Expr, collate: str) -> Type:
    """What one item of the data set is."""
    assert isinstance(dataset.type, InstanceType)
    length = members.call_special(context, node, dataset, "__len__", ())
    found = members.call_special(context, node, dataset, "__getitem__", (literal(0, dataset.span),))
    if length is None or found is None:
        message = f"'{dataset.type.name}' is no data set whose items have numbers"
        context.refuse("PCA403", node, message, "define __len__ and __getitem__")
    if not is_settled(found.type):
        context.pending(node)
    if not collate and _collated(context, found.type, "item", 0) is None:
        message = f"a batch of items of type {found.type} has no translation"
        context.refuse("PCA303", node, message, "give tensors, numbers, strings, and tuples, lists or dicts of these")
    return found.type


def _define(context: Context, dataset: str, item: Type, collate: str) -> str:
    """Define the class, where the data set stands; its name."""
    line, is_lambda, written = collate.partition(":")
    name = f"{dataset}{''.join(word.capitalize() for word in line.split('_'))}Loader"
    while name in names_used(context.source.module):
        name += "_"
    if name not in context.classes:
        batch = f"{collate}(batch)" if collate else _collated(context, item, "item", 0) or "batch"
        batch = "self.collate(batch)" if is_lambda else batch
        given = {extra for extra in EXTRAS if (_GIVEN, dataset, extra) in context.assumptions.facts}
        made = cst.parse_statement(class_text(name, dataset, batch, given) + _method(written))
        assert isinstance(made, cst.ClassDef)
        context.place_at(made, context.span(context.classes[dataset]))
        context.classes[name] = made
    return name


def _method(written: str) -> str:
    """The method that a lambda is."""
    if not written:
        return ""
    made = cst.parse_expression(written)
    assert isinstance(made, cst.Lambda)
    body = cst.Module([]).code_for_node(made.body)
    return f"\n    def collate(self, {made.params.params[0].name.value}):\n        return ({body})\n"


def _collated(context: Context, type_: Type, item: str, depth: int) -> str | None:
    """`default_collate(batch)` of items of a type, where `item` is what it takes of each `item` of the batch."""
    each = f"[{item} for item in batch]"
    match type_:
        case TensorType():
            return f"{LIBRARY}.stack({each})"
        case IntType() | BoolType():
            return f"{LIBRARY}.tensor({each})"
        case StrType():
            return each
        case FloatType() if not is_loose(type_):
            return f"{LIBRARY}.tensor({each}, dtype={LIBRARY}.float64)"
        case TupleType(elements=elements, names=()) if elements:
            parts = [_collated(context, part, f"{item}[{place}]", depth) for place, part in enumerate(elements)]
            # A list in Python: where the parts differ, a tuple keeps what is known of each.
            written = ", ".join(map(str, parts))
            alike = len(set(map(str, elements))) == 1
            return None if None in parts else f"[{written}]" if alike else f"({written},)"
        case InstanceType(name=name) if name in context.dict_classes:
            keys = declared(context, name)
            parts = [_collated(context, part, f"{item}[{key!r}]", depth) for key, _, part in keys]
            written = ", ".join(f"{key!r}: {part}" for (key, _, _), part in zip(keys, parts, strict=True))
            return None if None in parts else f"{{{written}}}"
        case ListType(element=element):
            part = _collated(context, element, f"{item}[place{depth}]", depth + 1)
            first = item.replace("item", "batch[0]", 1)
            return None if part is None else f"[{part} for place{depth} in range(len({first}))]"
        case DictType(value=value):
            part = _collated(context, value, f"{item}[key{depth}]", depth + 1)
            first = item.replace("item", "batch[0]", 1)
            return None if part is None else f"{{key{depth}: {part} for key{depth} in {first}}}"
        case _:
            return None
