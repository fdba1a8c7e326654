"""`py2cpp-autograd explain CODE_OR_NAME`: the page of a diagnostic, or what the table says about a PyTorch name."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING

import click

from py2cpp_autograd.cli.pages import page_of
from py2cpp_autograd.cli.terminal import Failure, print_text

if TYPE_CHECKING:
    from py2cpp_autograd.table.load import Table
    from py2cpp_autograd.table.row import Row, Variant

_SHORT = {"F": "torch.nn.functional", "nn": "torch.nn", "optim": "torch.optim", "Tensor": "torch.Tensor"}
_PATTERNS = ("cpp", "get", "set", "item", "guard", "class", "args", "options", "value", "hook")


@click.command()
@click.argument("subject", metavar="CODE|NAME")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(subject: str, format_: str) -> None:
    """Show the page of a diagnostic code (PCA402, or its slug) or of a PyTorch name (torch.autograd.grad)."""
    page = _diagnostic_page(subject)
    if page is not None:
        print_text(page if format_ == "text" else _json({"kind": "diagnostic", "subject": subject, "page": page}))
        return
    from py2cpp_autograd.table.load import load_table

    table = load_table()
    name = _qualified(subject)
    row = table.find(name)
    if row is None:
        raise Failure(_unknown(subject, name, table))
    print_text(row_page(name, row) if format_ == "text" else _json(_row_json(name, row)))


def _diagnostic_page(subject: str) -> str | None:
    if re.fullmatch(r"PCA\d{3}", subject.upper()):
        page = page_of(subject.upper())
        if page is None:
            raise Failure(f"there is no diagnostic {subject.upper()}")
        return page
    if "." in subject:
        return None
    from py2cpp_autograd.diagnostics import CODES

    return next((page_of(row.code) for row in CODES.values() if row.slug == subject), None)


def _qualified(subject: str) -> str:
    """The full name of `nn.Linear`, `F.relu`, `Tensor.sum`."""
    head, dot, rest = subject.partition(".")
    return f"{_SHORT[head]}.{rest}" if dot and head in _SHORT else subject


def row_page(name: str, row: Row) -> str:
    """What the table says about `name`, for people."""
    alias = f"is another name of {row.key}\n" if row.key != name else ""
    blocks = [_variant_text(variant) for variant in row.variants]
    return f"# {name}\n\n{alias}" + "\n".join(blocks)


def _variant_text(variant: Variant) -> str:
    lines = []
    if variant.refuse:
        lines += [f"refused  {variant.refuse}: {variant.why}", f"help     {variant.help}"]
    if "sig" in variant.words:
        lines.append(f"Python   {variant.words['sig']}")
    lines += [f"{word:<8} {variant.words[word]}" for word in _PATTERNS if word in variant.words]
    lines += [f"absent   {name} (only {value})" for name, value in variant.words.get("absent", {}).items()]
    if variant.header:
        lines.append(f"header   {variant.header}")
    if variant.examples:
        lines.append("")
    for python, expected in variant.examples:
        lines += [f"    {python}".replace("\n", "\n    "), f"      -> {expected}".replace("\n", "\n         ")]
    return "\n".join(lines) + "\n"


def _row_json(name: str, row: Row) -> dict[str, object]:
    variants = [dict(variant.words) for variant in row.variants]
    return {"kind": "row", "subject": name, "row": row.key, "variants": variants}


def _json(document: dict[str, object]) -> str:
    return json.dumps({"schema_version": 1, **document}, indent=2) + "\n"


def _unknown(subject: str, name: str, table: Table) -> str:
    last = name.rpartition(".")[2]
    keys = list(table.keys())
    near = [key for key in keys if key.rpartition(".")[2] == last] or difflib.get_close_matches(name, keys, 5, 0.75)
    hint = f"; did you mean {', '.join(sorted(near)[:5])}?" if near else ""
    return f"the API table has no {subject}{hint}"
