"""Loaders of data sets that the program defines: for each such class, a class that gives its batches.

The class is written here as Python, with `default_collate` spelled out for what the items are, and lowered like a class
of the program. It draws the random numbers that Python's loader draws, and reads each item when its batch is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import generators, iteration, loader_workers, own_classes, rows
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.classes.dict_classes import declared
from py2cpp_autograd.frontend.lower.loader_text import (
    BATCHES,
    COLLATE,
    EARLY,
    EXTRAS,
    GIVEN,
    OWN,
    STREAM,
    UNSIZED,
    class_text,
)
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.own_names import LIBRARY
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.held_types import is_loose
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
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
)

#: The parameters of the library's loader, in order, and what each that the class does not take has to be.
_PARAMETERS: Final = (
    "dataset", "batch_size", "shuffle", "sampler", "batch_sampler", "num_workers", "collate_fn", "pin_memory",
    "drop_last",
)  # fmt: skip
#: What loaders of one class are given: (_GIVEN, data set, collate, order, word).
_GIVEN: Final = "loader is given"
_TAKEN: Final = frozenset({"dataset", "batch_size", "shuffle", "drop_last"})
_IGNORED: Final = frozenset({"pin_memory"})
_DEFAULTS: Final = {"num_workers": "0", COLLATE: "None", "persistent_workers": "False"}
#: The data sets of the library, where their loaders are given what only a class of the program takes.
_TENSORS: Final = "Tensors"
#: What makes a batch, where it is no function: an object that the loader is given, or a method of the data set.
_OBJECT, _METHOD = "object", "dataset."


@dataclass(frozen=True)
class _Kind:
    """What tells loaders apart: the class of the data set, what makes a batch, and the class that says the order."""

    dataset: str
    collate: str
    order: str

    @property
    def key(self) -> Key:
        """What the type of the items is known under."""
        return ("items of", self.dataset, self.collate, self.order)


def restore(context: Context) -> None:
    """Define the classes of loaders that earlier rounds have found."""
    for key, item in context.assumptions.types.starting("items of").items():
        if str(key[1]) in context.classes or key[1] == _TENSORS:
            _define(context, _Kind(*map(str, key[1:])), item)


def lower_loader(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """A loader of a data set that a class of the program is, or with an order that one says; None for other loaders."""
    given = own_classes.named_arguments(node, _PARAMETERS)
    dataset = None if given is None or "dataset" not in given else context.expression(given["dataset"])
    if given is None or dataset is None:
        return None
    own_classes.one_class(context, node, dataset.type)
    unset = {"sampler", "batch_sampler", "generator"}
    given = {name: value for name, value in given.items() if name not in unset or _spelled(value) != "None"}
    collate, (word, order) = _collate(context, given), _order(context, given, dataset.type)
    if not isinstance(dataset.type, InstanceType) and not (collate or order):
        return None
    name = dataset.type.name if isinstance(dataset.type, InstanceType) else _TENSORS
    kind = _Kind(name, collate, order)
    words = {word} | ({COLLATE} if collate == _OBJECT else set()) | {extra for extra in EXTRAS if extra in given}
    words -= {"sampler", ""} if order else {""}
    words |= {UNSIZED} if order in context.classes and hierarchy.method(context, order, "__len__") is None else set()
    taken = _taken(word) | {GIVEN.get(one, one) for one in words}
    for name, value in given.items():
        if name not in taken | _IGNORED and _spelled(value) != _DEFAULTS.get(name):
            _check(context, name, value, kind.dataset, collate)
    item = _item(context, node, given["dataset"], dataset, collate, word)
    for one in sorted(words):
        context.assumptions.note((_GIVEN, *kind.key[1:], one))
    context.assumptions.join(kind.key, item)
    made = _define(context, kind, item)
    call = cst.Call(cst.Name(made), [cst.Arg(value, cst.Name(name)) for name, value in given.items() if name in taken])
    context.place_at(call, context.span(node))
    return members.lower_new(context, call, made)


def _taken(word: str) -> frozenset[str]:
    """What the constructor of a class takes besides what only some of them do."""
    without = {BATCHES: {"batch_size", "shuffle", "drop_last"}, EARLY: {"batch_size", "shuffle", "drop_last"}}
    return _TAKEN - without.get(word, {"shuffle"} if word else set())


def _order(context: Context, given: Mapping[str, cst.BaseExpression], dataset: Type) -> tuple[str, str]:
    """What says the order, if a class of the program does: a word, and the class; else two empty texts."""
    if "batch_sampler" in given:
        type_ = own_classes.one_class(context, given["batch_sampler"], context.expression(given["batch_sampler"]).type)
        method = hierarchy.method(context, type_.name, "__iter__") if isinstance(type_, InstanceType) else None
        is_late = method is not None and generators.is_generator(context, method.node)
        return (BATCHES if is_late else EARLY), str(type_)
    if "sampler" in given:
        type_ = own_classes.one_class(context, given["sampler"], context.expression(given["sampler"]).type)
        return ("", "") if isinstance(type_, ApiType) else (OWN, str(type_))
    is_stream = isinstance(dataset, InstanceType) and hierarchy.has_base(context, dataset.name, roles.STREAM)
    return (STREAM, STREAM) if is_stream else ("", "")


def _check(context: Context, name: str, value: cst.BaseExpression, dataset: str, collate: str) -> None:
    """Refuse an argument of a loader that changes what it gives."""
    advice = f"leave {name} out: one process loads the data here"
    match name:
        case "collate_fn" if collate:
            return
        case "collate_fn":
            advice = "give the name of a function of the module"
        case "num_workers":
            _check_workers(context, value, dataset, collate)
            return
    context.refuse("PCA402", value, f"'{name}' of a loader of this data set has no translation", advice)


def _check_workers(context: Context, value: cst.BaseExpression, dataset: str, collate: str) -> None:
    """Refuse workers that would not give what one process gives."""
    doing = ""
    if dataset != _TENSORS and not loader_workers.may_read_apart(context, dataset):
        doing = "read items"
    elif collate:
        making = _making(context, dataset, collate)
        doing = "" if making is not None and loader_workers.may_batch_apart(context, making) else "make batches"
    if doing:
        message = f"workers would {doing} that change something, or draw random numbers, each for itself"
        context.refuse("PCA402", value, message, "leave num_workers out")


def _making(context: Context, dataset: str, collate: str) -> cst.FunctionDef | cst.Lambda | None:
    """The function that makes a batch; None for an object that does."""
    if collate.startswith(_METHOD):
        method = hierarchy.method(context, dataset, collate.removeprefix(_METHOD))
        return None if method is None else method.node
    if ":" in collate:
        made = cst.parse_expression(collate.partition(":")[2])
        assert isinstance(made, cst.Lambda)
        return made
    return None if collate == _OBJECT else context.module_scope.functions.get(collate)


def _collate(context: Context, given: Mapping[str, cst.BaseExpression]) -> str:
    """What makes a batch: a function of the module, a lambda, a method, an object; "" for the library's own."""
    node = given.get(COLLATE)
    match node:
        case cst.Lambda(params=cst.Parameters(params=[cst.Param(default=None)])) if context.scope.kind == "module":
            return f"{context.span(node).start.line}:{context.source.module.code_for_node(node)}"
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
            dataset = given["dataset"]
            return f"{_METHOD}{name}" if isinstance(dataset, cst.Name) and dataset.value == owner else ""
        case cst.Name(value=name):
            resolved = context.resolve(name)
            if resolved.kind == "function" and resolved.scope is context.module_scope:
                return name
            if resolved.kind != "variable":
                return ""
        case cst.Call():
            pass
        case _:
            return ""
    return _OBJECT if isinstance(context.expression(node).type, InstanceType) else ""


def _spelled(node: cst.BaseExpression) -> str | None:
    return node.value if isinstance(node, cst.Name | cst.Integer) else None


def _item(
    context: Context, node: cst.Call, written: cst.BaseExpression, dataset: ir.Expr, collate: str, order: str
) -> Type:
    """What one item of the data set is."""
    if order == STREAM:
        found = iteration.lower_iterable(context, written)[1]
    else:
        first, length = _special(context, node, dataset)
        if first is None or length is None:
            message = f"'{dataset.type}' is no data set whose items have numbers"
            context.refuse("PCA403", node, message, "define __len__ and __getitem__")
        found = first.type
    if not is_settled(found):
        context.pending(node)
    if not collate and _collated(context, found, "item", 0) is None:
        message = f"a batch of items of type {found} has no translation"
        context.refuse("PCA303", node, message, "give tensors, numbers, strings, and tuples, lists or dicts of these")
    return found


def _special(context: Context, node: cst.Call, dataset: ir.Expr) -> tuple[ir.Expr | None, ir.Expr | None]:
    """The first item of a data set, and how many there are, or anything where a data set knows that."""
    first = (literal(0, dataset.span),)
    if not isinstance(dataset.type, InstanceType):
        item = rows.apply_method(context, node, dataset, "__getitem__", first)
        return item, item
    length = members.call_special(context, node, dataset, "__len__", ())
    return members.call_special(context, node, dataset, "__getitem__", first), length


def _define(context: Context, kind: _Kind, item: Type) -> str:
    """Define the class, where the data set stands; its name."""
    line, is_lambda, written = kind.collate.partition(":")
    words = re.split(r"\W|_", f"{line} {kind.order}")
    wanted = f"{kind.dataset}{''.join(word[:1].upper() + word[1:] for word in words)}Loader"
    name = own_classes.free_name(context, wanted)
    place: Key = (_GIVEN, *kind.key[1:])
    given = {str(fact[-1]) for fact in context.assumptions.facts.starting(*place) if fact[:-1] == place}
    text = class_text(name, kind.dataset, _batch(context, item, kind.collate), given)
    near = kind.order if kind.order in context.classes else kind.dataset
    own_classes.define(context, name, text + _method(written if is_lambda else ""), near)
    context.loaders.add(name)
    return name


def _batch(context: Context, item: Type, collate: str) -> str:
    """The expression that makes a batch of the list of items `batch`."""
    if collate == _OBJECT:
        return f"self.{COLLATE}(batch)"
    if ":" in collate:
        return "self.collate(batch)"
    if collate.startswith(_METHOD):
        return f"self.{collate}(batch)"
    return f"{collate}(batch)" if collate else _collated(context, item, "item", 0) or "batch"


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
