"""Writes `mappings/aten/*.toml`, the rows of ATen's operators: `python -m py2cpp_autograd.tools.generate_aten`.

The schemas that ship with torch give signatures and C++ (`aten_schema`), torch's sample inputs give the dtype
category of results (`aten_results`). The output is a function of the installed torch alone. It prints what was
left out and why, and the names that are implemented in Python: those need rows by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import torch

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table import signature
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.tools import aten_results, aten_schema
from py2cpp_autograd.tools.aten_variant import Words

_HEADER = """# Generated from the schemas of torch {version} by `python -m py2cpp_autograd.tools.generate_aten`.
# Do not edit: a row of the same name in another file of `mappings/` wins.
"""


def texts() -> dict[str, str]:
    """The generated files, by name."""
    found = aten_schema.generate()
    _add_results(found.files)
    return {f"{name}.toml": _file(rows) for name, rows in found.files.items()}


def _add_results(files: Mapping[str, Mapping[str, list[Words]]]) -> None:
    rows = {key: (name, variants) for name, keyed in files.items() for key, variants in keyed.items()}
    observations = aten_results.observe(Table(rows))
    for keyed in files.values():
        for key, variants in keyed.items():
            for index, words in enumerate(variants):
                _add_result(words, observations.get((key, index), set()))


def _add_result(words: Words, observations: set[aten_results.Observation]) -> None:
    if "sig" not in words or "result" in words:
        return
    made = signature.parse(str(words["sig"])).result
    if "Tensor" not in str(made):
        return
    if words.get("effect") == "write" and str(words["cpp"]).split("(")[0].endswith("_"):
        words["result"] = "same"
        return
    elements = len(made.elements) if isinstance(made, signature.Product) else None
    word = aten_results.word_for(observations, elements)
    parameters = {parameter.name for parameter in signature.parse(str(words["sig"])).parameters}
    if "dtype" in parameters and isinstance(word, str):
        word = f"dtype|{word}"
    if word != "promote":
        words["result"] = word


def _file(rows: Mapping[str, list[Words]]) -> str:
    blocks = [_HEADER.format(version=torch.__version__.partition("+")[0])]
    for key, variants in sorted(rows.items()):
        opening, closing = ("[[", "]]") if len(variants) > 1 else ("[", "]")
        for words in variants:
            lines = [f"{name} = {_value(value)}" for name, value in words.items()]
            blocks.append("\n".join([f'{opening}"{key}"{closing}', *lines]) + "\n")
    return "\n".join(blocks)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_value(item)}' for name, item in value.items())} }}"
    return json.dumps(value)


def main() -> int:
    """Write the files and print what they leave out."""
    folder = data_root() / "mappings" / "aten"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8")
    found = aten_schema.generate()
    counts = {name: f"{len(rows)} rows, {sum(map(len, rows.values()))} variants" for name, rows in found.files.items()}
    print(json.dumps({"files": counts, "left out": dict(sorted(found.excluded.items()))}, indent=1))
    print("implemented in Python:", *found.python_implemented, sep="\n  ")
    print("builtins without a schema:", *aten_schema.unmapped_builtins(found), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
