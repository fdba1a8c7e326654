"""Names that differ in Python and would be one in C++, where `new` becomes `new_`: refused, for C++ would mix them up.

new = torch.ones(2); new_ = torch.ones(3)   ->   PCA601
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from py2cpp_autograd import ir
from py2cpp_autograd.backend.bound_names import Named, named
from py2cpp_autograd.backend.names import Spellings, cpp_name, field_name, is_special, method_name
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import bodies
from py2cpp_autograd.span import Span


def refuse_clashes(program: ir.Program, report: Report) -> None:
    """Report the names of a program that have one spelling."""
    outside: dict[str, str] = {}
    told: set[str] = set()
    for definition in program.definitions:
        _compare(report, told, outside, definition.name, cpp_name(definition.name), definition.span)
    spelled = spellings_of(program)
    _refuse(report, told, outside, named(program.body), spelled)
    for definition in program.definitions:
        if isinstance(definition, ir.Class):
            _refuse_members(report, told, definition, spelled)
        for function in bodies(definition):
            _refuse(report, told, outside, _of_function(function), spelled)


def spellings(program: ir.Program) -> frozenset[str]:
    """Every C++ name that the program's own names become."""
    spelled = spellings_of(program)
    found = {spelled.variable(name) for name, _ in named(program.body)}
    for definition in program.definitions:
        found.add(cpp_name(definition.name))
        for function in bodies(definition):
            found |= {spelled.variable(name) for name, _ in _of_function(function)}
        if isinstance(definition, ir.Class):
            found |= {spelled.field(field.name) for field in definition.fields}
    return frozenset(found)


def spellings_of(program: ir.Program) -> Spellings:
    """How C++ spells the variables and members of a program."""
    types = frozenset(cpp_name(one.name) for one in program.definitions if not isinstance(one, ir.Function))
    own_classes = [one for one in program.definitions if isinstance(one, ir.Class)]
    return Spellings(types, frozenset(name for one in own_classes for name in _beside_special(one)))


def _beside_special(node: ir.Class) -> frozenset[str]:
    """The C++ names of a class's special methods which other members of it would have, too."""
    special = {method_name(method.name) for method in node.methods if is_special(method.name)}
    plain = {method_name(method.name) for method in node.methods if not is_special(method.name)}
    held = {field_name(field.name) for field in node.fields} | {field_name(one.name) for one in node.attributes}
    return frozenset(special & (plain | held))


def _refuse(
    report: Report, told: set[str], outside: Mapping[str, str], names: Iterable[Named], spelled: Spellings
) -> None:
    """Compare the names of a body with each other, and with those `outside`, by their spelling."""
    first = dict(outside)
    for name, span in names:
        _compare(report, told, first, name, spelled.variable(name), span)


def _refuse_members(report: Report, told: set[str], node: ir.Class, spelled: Spellings) -> None:
    first: dict[str, str] = {}
    for method in node.methods:
        _compare(report, told, first, method.name, spelled.method(method.name), method.span)
    for field in node.fields:
        _compare(report, told, first, field.name, spelled.field(field.name), node.span)


def _compare(report: Report, told: set[str], first: dict[str, str], name: str, spelled: str, span: Span) -> None:
    other = first.setdefault(spelled, name)
    if other != name and name not in told:
        told.add(name)
        report.add("PCA601", span, f"'{other}' and '{name}' would both be '{spelled}' in C++", "rename one of them")


def _of_function(function: ir.Function) -> Iterator[Named]:
    yield from ((parameter.name, parameter.span) for parameter in function.parameters)
    yield from named(function.body)
