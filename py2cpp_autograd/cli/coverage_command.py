"""`py2cpp-autograd coverage`: which public names of torch are mapped, refused, or unknown to the table.

The names are in `mappings/coverage/torch.json`, written by `tools.public_names`; torch is not needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

from py2cpp_autograd.cli.terminal import print_text

if TYPE_CHECKING:
    from py2cpp_autograd.table.load import Table

State = Literal["mapped", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Group:
    """The names of one namespace of torch, by what the table says of them."""

    namespace: str
    mapped: tuple[str, ...]
    refused: tuple[str, ...]
    unknown: tuple[str, ...]

    def counts(self) -> tuple[int, int, int]:
        """How many are mapped, refused, unknown."""
        return len(self.mapped), len(self.refused), len(self.unknown)


@click.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--list", "listed", type=click.Choice(["mapped", "refused", "unknown"]), help="List these names.")
def command(format_: str, listed: State | None) -> None:
    """Count what of torch is mapped, refused and unknown."""
    from py2cpp_autograd.installed import data_root
    from py2cpp_autograd.table.load import load_table

    names = json.loads((data_root() / "mappings" / "coverage" / "torch.json").read_text(encoding="utf-8"))
    table = load_table()
    groups = [_group(namespace, members, table) for namespace, members in names["names"].items()]
    if format_ == "json":
        print_text(_json(names["torch"], groups))
    elif listed is not None:
        print_text("".join(f"{name}\n" for group in groups for name in getattr(group, listed)))
    else:
        print_text(_text(names["torch"], groups))


def state_of(name: str, table: Table) -> State:
    """What the table says of a name: refused only when every variant is."""
    row = table.find(name)
    if row is None:
        return "unknown"
    return "refused" if all(variant.refuse for variant in row.variants) else "mapped"


def _group(namespace: str, members: list[str], table: Table) -> Group:
    found: dict[State, list[str]] = {"mapped": [], "refused": [], "unknown": []}
    for member in members:
        name = f"{namespace}.{member}"
        found[state_of(name, table)].append(name)
    return Group(namespace, tuple(found["mapped"]), tuple(found["refused"]), tuple(found["unknown"]))


def _text(release: str, groups: list[Group]) -> str:
    lines = [f"Public names of torch {release}", "", f"{'':28}{'mapped':>8}{'refused':>9}{'unknown':>9}"]
    lines += [_line(group.namespace, group.counts()) for group in groups]
    columns = [group.counts() for group in groups]
    mapped, refused, unknown = (sum(column) for column in zip(*columns, strict=True))
    return "\n".join([*lines, _line("all", (mapped, refused, unknown)), ""])


def _line(name: str, counts: tuple[int, int, int]) -> str:
    mapped, refused, unknown = counts
    share = 100 * (mapped + refused) / max(1, sum(counts))
    return f"{name:<28}{mapped:>8}{refused:>9}{unknown:>9}{share:>7.0f} %"


def _json(release: str, groups: list[Group]) -> str:
    rows = [
        {"namespace": one.namespace, "mapped": one.mapped, "refused": one.refused, "unknown": one.unknown}
        for one in groups
    ]
    return json.dumps({"schema_version": 1, "torch": release, "groups": rows}, indent=1) + "\n"
