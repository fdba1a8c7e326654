"""Names that differ in Python and would be one in C++, where `new` becomes `new_`: refused, for C++ would mix them up.

new = torch.ones(2); new_ = torch.ones(3)   ->   PCA601
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.backend.names import Spellings, cpp_name, field_name, is_special, method_name
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import bodies, statement_expressions, statements, target_names, walk
from py2cpp_autograd.span import Span

#: A Python name and where it stands.
Named = tuple[str, Span]


def refuse_clashes(program: ir.Program, report: Report) -> None:
    """Report the names of a program that have one spelling."""
    outside: dict[str, str] = {}
    told: set[str] = set()
    for definition in program.definitions:
        _compare(report, told, outside, definition.name, cpp_name(definition.name), definition.span)
    spelled = spellings_of(program)
    _refuse(report, told, outside, _names(program.body), spelled)
    for definition in program.definitions:
        if isinstance(definition, ir.Class):
            _refuse_members(report, told, definition, spelled)
            _refuse_local_functions(report, definition)
        for function in bodies(definition):
            _refuse(report, told, outside, _of_function(function), spelled)


def spellings(program: ir.Program) -> frozenset[str]:
    """Every C++ name that the program's own names become."""
    spelled = spellings_of(program)
    found = {spelled.variable(name) for name, _ in _names(program.body)}
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


def _refuse_local_functions(report: Report, node: ir.Class) -> None:
    """A local function is called by its name alone, and so is a method."""
    members = {method.name for method in node.methods} | {field.name for field in node.fields}
    for function in bodies(node):
        for inner in statements(function.body):
            if isinstance(inner, ir.LocalFunction) and inner.function.name in members:
                message = f"the local function '{inner.function.name}' would hide the member of that name in C++"
                report.add("PCA601", inner.span, message, "rename one of them")


def _compare(report: Report, told: set[str], first: dict[str, str], name: str, spelled: str, span: Span) -> None:
    other = first.setdefault(spelled, name)
    if other != name and name not in told:
        told.add(name)
        report.add("PCA601", span, f"'{other}' and '{name}' would both be '{spelled}' in C++", "rename one of them")


def _of_function(function: ir.Function) -> Iterator[Named]:
    yield from ((parameter.name, parameter.span) for parameter in function.parameters)
    yield from _names(function.body)


def _names(body: Sequence[ir.Stmt]) -> Iterator[Named]:
    """The names that a body binds or reads, those of the functions inside it too."""
    for node in statements(body):
        match node:
            case ir.Assign(target=target) | ir.AugmentedAssign(target=target) | ir.For(target=target):
                yield from ((name.name, name.span) for name in target_names(target))
            case ir.Try(handlers=handlers):
                yield from ((found.name.name, found.span) for found in handlers if found.name is not None)
            case ir.LocalFunction(function=function):
                yield function.name, function.span
                yield from ((parameter.name, parameter.span) for parameter in function.parameters)
        for expression in statement_expressions(node):
            for part in walk(expression):
                yield from _of_expression(part)


def _of_expression(node: ir.Expr) -> Iterator[Named]:
    match node:
        case ir.Let(name=None):
            return
        case ir.Name(name=name) | ir.Let(name=str(name)) | ir.Call(function=name) | ir.FunctionRef(function=name):
            yield name, node.span
        case ir.Lambda(parameters=parameters):
            yield from ((parameter.name, parameter.span) for parameter in parameters)
        case ir.Comprehension(clauses=clauses):
            yield from ((name.name, name.span) for clause in clauses for name in target_names(clause.target))
        case ir.Binding(target=target):
            yield target.name, target.span
