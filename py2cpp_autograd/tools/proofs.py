"""Writes down which rows of the table matching programs used, for the `coverage` command.

    python -m py2cpp_autograd.tools.proofs tests/cases operators.jsonl modules.jsonl

The files are the results of `operator_sweep` and `module_sweep`, the folder has the golden cases, which the tests
build, run and compare. Rows that no program uses any more are forgotten.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from py2cpp_autograd import translate
from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.load import load_table

#: Rows whose results differ in the last bits, and why: none does.
TOLERANCE: dict[str, str] = {}
#: What stands before each golden case.
_IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
_CASE = re.compile(r"^```py\n(.*?)^```\n```cpp$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"\btorch(?:\.\w+)+")


def matching(paths: Iterable[Path]) -> Iterator[str]:
    """The sources of the programs that matched."""
    for path in paths:
        if path.is_dir():
            for cases in path.rglob("*.md"):
                yield from (_IMPORTS + case for case in _CASE.findall(cases.read_text(encoding="utf-8")))
            continue
        entries = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        yield from (entry["source"] for entry in entries if entry["status"] == "match")


def used(source: str) -> set[str]:
    """The names of rows in the IR of a program."""
    return set(_NAME.findall(translate(source).ir))


def main() -> None:
    """Write `mappings/coverage/proofs.json`."""
    table = load_table()
    named = set[str]().union(*map(used, matching(map(Path, sys.argv[1:]))))
    rows = {row.key for row in map(table.find, named) if row is not None}
    written = {"bitwise": sorted(rows), "tolerance": TOLERANCE}
    path = data_root() / "mappings" / "coverage" / "proofs.json"
    path.write_text(json.dumps(written, indent=0) + "\n", encoding="utf-8")
    print(f"{len(rows)} rows are proven by programs")


if __name__ == "__main__":
    main()
