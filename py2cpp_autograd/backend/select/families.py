"""Structs of what objects of several classes have in common, and what the structs of these classes make of it."""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.names import cpp_name
from py2cpp_autograd.backend.select import definitions_of_functions as functions
from py2cpp_autograd.backend.select import probes
from py2cpp_autograd.backend.select.context import Selection


def struct(selection: Selection, node: ir.Family) -> cpp.Declaration:
    """`struct AnyShape { virtual double area() = 0; ... };`."""
    name = cpp_name(node.name)
    members: list[cpp.Declaration] = [cpp.Function("", f"~{name}", (), None, prefix="virtual", suffix="= default")]
    for method in node.methods:
        taken = functions.parameters(selection, method, named=True)
        result = selection.result(method.result)
        spelled = selection.method(method.name)
        members.append(cpp.Function(result, spelled, taken, None, prefix="virtual", suffix="= 0", span=node.span))
    members += [functions.field(selection, field) for field in node.fields]
    return cpp.Struct(name, bases(node), (*members, probes.promised()), node.span)


def bases(node: ir.Class | ir.Family, others: Sequence[str] = ()) -> str:
    """What a struct derives from."""
    return ", ".join([*map(cpp_name, node.families), *others])


def _virtual(node: ir.Definition) -> list[ir.Function]:
    return [one for one in node.methods if one.name in node.virtual] if isinstance(node, ir.Class) else []


def by_value(program: ir.Program) -> frozenset[tuple[str, int]]:
    """The parameters, by method and place, that some class of a family gives another value: all take their own."""
    found: set[tuple[str, int]] = set()
    for node in program.definitions:
        for method in _virtual(node):
            rebound = functions.rebound(method)
            found |= {(method.name, index) for index, one in enumerate(method.parameters) if one.name in rebound}
    return frozenset(found)
