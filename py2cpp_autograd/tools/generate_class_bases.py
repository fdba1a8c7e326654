"""Writes `mappings/class_bases.txt`: `python -m py2cpp_autograd.tools.generate_class_bases`.

What `isinstance` and `issubclass` say of PyTorch's classes: each class of the table, and after it all that it derives
from in the installed torch, under the names that programs ask for.
"""

from __future__ import annotations

import importlib
import inspect

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.load import Table, load_table

_HEADER = "# The classes that each class of PyTorch derives from in Python: see tools/generate_class_bases.py"


def class_bases() -> dict[str, list[str]]:
    """The names of the classes that each class of the table derives from, the nearest first."""
    table = load_table()
    classes = {row.key: _class(row.key) for row in table.rows() if row.variants[0].kind == "class"}
    return {name: _bases(table, class_) for name, class_ in sorted(classes.items()) if class_ is not None}


def _class(name: str) -> type | None:
    """The class that a name stands for in the installed torch; None for names of other kinds."""
    module, _, own = name.rpartition(".")
    if not module.startswith("torch"):
        return None
    try:
        found = getattr(importlib.import_module(module), own, None)
    except ImportError:
        return None
    return found if inspect.isclass(found) else None


def _bases(table: Table, class_: type) -> list[str]:
    named = (f"{base.__module__}.{base.__qualname__}" for base in class_.__mro__[1:])
    return [table.documented(name) for name in named if name.startswith("torch")]


def text() -> str:
    """The file."""
    return "\n".join([_HEADER, *(" ".join([name, *bases]) for name, bases in class_bases().items())]) + "\n"


def main() -> None:
    """Write the file."""
    path = data_root() / "mappings" / "class_bases.txt"
    path.write_text(text(), "utf-8")
    print(f"{path}: {len(class_bases())} classes")


if __name__ == "__main__":
    main()
