"""Names that passes write, and mean Python's or the library's own thing by, whatever the program has under that name.

def list(pair): ...        # the program's own
[*a, b]                    # is builtins__.list(a) + [b], not list(a) + [b]
"""

from __future__ import annotations

import builtins
from typing import Final

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, target_names
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles

#: The library's module, that of Python's own functions and that of the runtime, under names that no program gives them.
LIBRARY: Final = "library__"
BUILTINS: Final = "builtins__"
OWN: Final = f"{roles.OWN}__"
IMPORTED: Final = {LIBRARY: roles.LIBRARY, BUILTINS: "builtins", OWN: roles.OWN}

#: The same in the texts of templates: `{library}.stack(batch)`, `{len}(batch)`.
SPELLED: Final = {
    "library": LIBRARY, **{name: f"{BUILTINS}.{name}" for name in ("int", "len", "list", "range", "sum", "tuple")}
}  # fmt: skip


def builtin(name: str) -> cst.Attribute:
    """Python's own function of a name."""
    return cst.Attribute(cst.Name(BUILTINS), cst.Name(name))


def own_names(module: cst.Module) -> frozenset[str]:
    """The names of Python's own functions that the program gives to something else, in whatever scope."""
    bound = set(bindings_of(module).counts)
    for node in walk(module):
        match node:
            case cst.FunctionDef(name=name, body=body):
                bound |= {name.value, *bindings_of(body).counts}
            case cst.ClassDef(name=name) | cst.Param(name=name):
                bound.add(name.value)
            case cst.CompFor(target=target):
                bound.update(target_names(target))
            case cst.ImportAlias(asname=cst.AsName(name=name)) | cst.ImportAlias(name=name):
                bound.update(target_names(name))
    return frozenset(name for name in bound if hasattr(builtins, name))
