"""Classes of the API written as Python: as their row says, or around an object, where a row writes out their base.

    class SGDBase:                                         what a class of the program that derives from optim.SGD
        def __init__(self, params, lr: float = 0.001):     derives from; the other methods are those of the written
            held = library__.optim.SGD(params, lr=lr)      base of all optimizers
            self.held = held
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd.frontend.own_names import LIBRARY
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.signature import Either, Maybe, Product, SigType

_NEW: Final = "__init__"
_STEP: Final = '''\
def step(self, closure=None):
    if closure is None:
        self.held.step()
        return None
    return self.held.step(closure)
'''


def written_class(table: Table, key: str) -> cst.ClassDef | None:
    """The class; None for a class that is C++'s own to derive from."""
    text = roles.written(table, key)
    if text is not None:
        return _parsed(text)
    base = next((base for base in table.bases(key) if base == roles.OPTIMIZER), None)
    if base is None or (text := roles.written(table, base)) is None:
        return None
    general = _parsed(text)
    kept = [item for item in general.body.body if not (isinstance(item, cst.FunctionDef) and item.name.value == _NEW)]
    body = [cst.parse_statement(_constructor(table, key)), *kept, cst.parse_statement(_STEP)]
    name = cst.Name(f"{key.rpartition('.')[2]}Base")
    return general.with_changes(name=name, body=general.body.with_changes(body=body))


def _parsed(text: str) -> cst.ClassDef:
    made = cst.parse_statement(text)
    assert isinstance(made, cst.ClassDef)
    return made


def _constructor(table: Table, key: str) -> str:
    """A constructor with the options of an optimizer that C++ has, but those that only choose between kernels."""
    row = table.find(key)
    assert row is not None
    absent = row.variants[0].words.get("absent", {})
    first, *options = row.variants[0].signature.parameters
    options = [one for one in options if not isinstance(one.type, Maybe) and one.name not in absent]
    taken = ", ".join(f"{one.name}: {_annotation(one.type)} = {one.default!r}" for one in options)
    given = ", ".join(f"{one.name}={one.name}" for one in options)
    return (
        f"def {_NEW}(self, {first.name}, {taken}):\n"
        f"    held = {LIBRARY}{key.removeprefix(roles.LIBRARY)}({first.name}, {given})\n"
        f"    self.held = held\n"
        f"    self.defaults = held.defaults\n"
    )


def _annotation(type_: SigType) -> str:
    """The type as Python writes it; of several, the first: a number rather than a tensor."""
    match type_:
        case Either(options=(first, *_)):
            return _annotation(first)
        case Product(elements=elements):
            return f"tuple[{', '.join(map(_annotation, elements))}]"
        case _:
            return str(type_)
