"""Parts of data sets that the program defines: objects of a class that is written here.

    train, test = random_split(points, [8, 2])
    # train, test = [PointsSubset(points, rows) for rows in torch.randperm(len(points)).split([8, 2])]
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
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
_SPLIT: Final = (
    "[{name}({dataset}, [{int}(row) for row in rows__]) "
    "for rows__ in {library}.randperm({len}({dataset}){generator}).split({lengths})]"
)
_PARAMETERS: Final = {
    roles.SUBSET: ("dataset", "indices"), roles.RANDOM_SPLIT: ("dataset", "lengths", "generator"),
}  # fmt: skip


def restore(context: Context) -> None:
    """Define the classes that earlier rounds have found."""
    for fact in sorted(fact for fact in context.assumptions.facts if fact[0] == "subset of"):
        _define(context, str(fact[1]))


def part(context: Context, node: cst.Call, name: str) -> ir.Expr | None:
    """`Subset(dataset, indices)`, `random_split(dataset, lengths)`; None for data sets that are tensors."""
    given: dict[str, cst.BaseExpression] = {}
    for index, argument in enumerate(node.args):
        if argument.star or index >= len(_PARAMETERS[name]):
            return None
        given[_PARAMETERS[name][index] if argument.keyword is None else argument.keyword.value] = argument.value
    dataset = context.expression(given["dataset"]) if "dataset" in given else None
    if dataset is None or not isinstance(dataset.type, InstanceType) or set(given) - set(_PARAMETERS[name]):
        return None
    context.assumptions.note(("subset of", dataset.type.name))
    written = {key: context.source.module.code_for_node(value) for key, value in given.items()}
    made = _define(context, dataset.type.name)
    if name == roles.SUBSET:
        return _expression(context, node, f"{made}({written['dataset']}, {written.get('indices', '')})")
    if not isinstance(given["dataset"], cst.Name):
        context.refuse("PCA303", node, "the data set that is split must be a variable", "give it a name first")
    _check_lengths(context, node, given)
    generator = f", generator={written['generator']}" if "generator" in given else ""
    words = {"dataset": written["dataset"], "lengths": written["lengths"], "generator": generator}
    return _expression(context, node, _SPLIT.format(name=made, **words, **SPELLED))


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


def _define(context: Context, dataset: str) -> str:
    """Define the class, where the data set stands; its name."""
    name = f"{dataset}Subset"
    while name in names_used(context.source.module):
        name += "_"
    if name not in context.classes:
        made = cst.parse_statement(_CLASS.format(name=name, dataset=dataset, **SPELLED))
        assert isinstance(made, cst.ClassDef)
        context.place_at(made, context.span(context.classes[dataset]))
        context.classes[name] = made
    return name
