"""Parts of data sets that the program defines: objects of a class that is written here.

    train, test = random_split(points, [8, 2])
    # train, test = [PointsSubset(points, rows) for rows in torch.randperm(len(points)).split([8, 2])]
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import own_classes
from py2cpp_autograd.frontend.own_names import SPELLED
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import InstanceType, IntType, ListType, TupleType

_CLASS: Final = '''
class {name}:
    """Some items of {dataset}."""
    def __init__(self, dataset, indices):
        self.dataset = dataset
        self.indices = indices

    def __len__(self):
        return {len}(self.indices)

    def __getitem__(self, index):
        return self.dataset[self.indices[index]]
'''
_CONCATENATED: Final = '''
class {name}:
    """Several {dataset}, one behind the other."""
    def __init__(self, datasets):
        self.datasets = datasets
        self.cumulative_sizes = [{sum}({len}(part) for part in datasets[:end + 1]) for end in {range}({len}(datasets))]

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, index):
        place = 0
        while index >= self.cumulative_sizes[place]:
            place += 1
        before = self.cumulative_sizes[place - 1] if place > 0 else 0
        return self.datasets[place][index - before]
'''
_SPLIT: Final = (
    "[{name}({dataset}, [{int}(row) for row in rows__]) "
    "for rows__ in {library}.randperm({len}({dataset}){generator}).split({lengths})]"
)
#: How the classes are called, behind the name of the data set's.
_SUBSET, _CONCAT = "Subset", "Concatenated"
_TEXTS: Final = {_SUBSET: _CLASS, _CONCAT: _CONCATENATED}
_PARAMETERS: Final = {
    roles.SUBSET: ("dataset", "indices"), roles.RANDOM_SPLIT: ("dataset", "lengths", "generator"),
}  # fmt: skip


def restore(context: Context) -> None:
    """Define the classes that earlier rounds have found."""
    for kind in _TEXTS:
        for fact in sorted(context.assumptions.facts.starting(kind)):
            _define(context, kind, str(fact[1]))


def part(context: Context, node: cst.Call, name: str) -> ir.Expr | None:
    """`Subset(dataset, indices)`, `random_split(dataset, lengths)`; None for data sets that are tensors."""
    given = own_classes.named_arguments(node, _PARAMETERS[name])
    if given is None or "dataset" not in given:
        return None
    dataset = context.expression(given["dataset"])
    own_classes.one_class(context, node, dataset.type)
    if not isinstance(dataset.type, InstanceType) or set(given) - set(_PARAMETERS[name]):
        return None
    context.assumptions.note((_SUBSET, dataset.type.name))
    written = {key: context.source.module.code_for_node(value) for key, value in given.items()}
    made = _define(context, _SUBSET, dataset.type.name)
    if name == roles.SUBSET:
        return _expression(context, node, f"{made}({written['dataset']}, {written.get('indices', '')})")
    if not isinstance(given["dataset"], cst.Name):
        context.refuse("PCA303", node, "the data set that is split must be a variable", "give it a name first")
    _check_lengths(context, node, given)
    generator = f", generator={written['generator']}" if "generator" in given else ""
    words = {"dataset": written["dataset"], "lengths": written["lengths"], "generator": generator}
    return _expression(context, node, _SPLIT.format(name=made, **words, **SPELLED))


def concatenated(context: Context, node: cst.Call) -> ir.Expr | None:
    """`ConcatDataset([points, more])`; None for data sets that are tensors."""
    if len(node.args) != 1 or node.args[0].star:
        return None
    datasets = context.expression(node.args[0].value).type
    held = datasets.element if isinstance(datasets, ListType) else None
    held = datasets.elements[0] if isinstance(datasets, TupleType) and len(set(datasets.elements)) == 1 else held
    if held is None or not isinstance(own_classes.one_class(context, node, held), InstanceType):
        return None
    assert isinstance(held, InstanceType)
    context.assumptions.note((_CONCAT, held.name))
    made = _define(context, _CONCAT, held.name)
    return _expression(context, node, f"{made}({context.source.module.code_for_node(node.args[0].value)})")


def _check_lengths(context: Context, node: cst.Call, given: dict[str, cst.BaseExpression]) -> None:
    """Python takes fractions too."""
    lengths = context.expression(given["lengths"]).type if "lengths" in given else None
    match lengths:
        case ListType(element=IntType()):
            return
        case TupleType(elements=elements) if all(isinstance(element, IntType) for element in elements):
            return
        case _:
            context.refuse("PCA403", node, "the lengths of a split are a list of ints here", "compute them")


def _expression(context: Context, node: cst.Call, text: str) -> ir.Expr:
    made = cst.parse_expression(text)
    context.place_at(made, context.span(node))
    return context.expression(made)


def _define(context: Context, kind: str, dataset: str) -> str:
    """Define the class, where the data set stands; its name."""
    name = own_classes.free_name(context, f"{dataset}{kind}")
    own_classes.define(context, name, _TEXTS[kind].format(name=name, dataset=dataset, **SPELLED), dataset)
    return name
