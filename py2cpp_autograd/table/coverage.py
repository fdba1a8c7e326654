"""What the table says of torch's public names: mapped and proven, within a tolerance, only mapped, refused, unknown.

A row is proven by an example, which the tests compile, run and compare bit for bit, or by a program of torch's own
database of operators that matched: `tools.proofs` writes down which rows these programs used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Row

State = Literal["proven", "tolerance", "mapped", "refused", "unknown"]
#: In the order of the columns, and what each means.
STATES: Mapping[State, str] = {
    "proven": "mapped and proven bitwise",
    "tolerance": "mapped, proven within a tolerance, with a reason",
    "mapped": "mapped, not yet proven",
    "refused": "refused with a reason",
    "unknown": "not known",
}


@dataclass(frozen=True, slots=True)
class Proofs:
    """Which rows programs proved: bit for bit, or within a tolerance for a reason."""

    bitwise: frozenset[str]
    tolerance: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """The names of one namespace of torch, by state."""

    namespace: str
    names: Mapping[State, tuple[str, ...]]
    reasons: Mapping[str, str] = field(default_factory=dict)  # of names that are refused or proven within a tolerance


def load_proofs(folder: Path) -> Proofs:
    """The proofs that `tools.proofs` wrote down."""
    written = json.loads((folder / "proofs.json").read_text(encoding="utf-8"))
    return Proofs(frozenset(written["bitwise"]), written["tolerance"])


def state_of(name: str, table: Table, proofs: Proofs) -> State:
    """What the table says of a name: refused only when every variant is."""
    row = table.find(name)
    if row is None:
        return "unknown"
    if all(variant.refuse for variant in row.variants):
        return "refused"
    if row.key in proofs.tolerance:
        return "tolerance"
    return "proven" if row.key in proofs.bitwise or _has_example(row) else "mapped"


def _has_example(row: Row) -> bool:
    """Whether an example of the row becomes C++."""
    return any(not expected.startswith("PCA") for variant in row.variants for _, expected in variant.examples)


def reason_of(name: str, table: Table, proofs: Proofs) -> str:
    """Why a name is refused, or proven only within a tolerance."""
    row = table.find(name)
    if row is None:
        return ""
    return proofs.tolerance.get(row.key) or str(row.variants[0].words.get("why", ""))


def groups(names: Mapping[str, list[str]], table: Table, proofs: Proofs) -> list[Group]:
    """The public names by namespace and state."""
    return [_group(namespace, members, table, proofs) for namespace, members in names.items()]


def _group(namespace: str, members: list[str], table: Table, proofs: Proofs) -> Group:
    found: dict[State, list[str]] = {state: [] for state in STATES}
    for member in members:
        name = f"{namespace}.{member}"
        found[state_of(name, table, proofs)].append(name)
    explained = (*found["refused"], *found["tolerance"])
    reasons = {name: reason_of(name, table, proofs) for name in explained}
    return Group(namespace, {state: tuple(listed) for state, listed in found.items()}, reasons)
