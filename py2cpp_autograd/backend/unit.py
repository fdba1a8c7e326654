"""The whole translation unit: definitions in an order that C++ accepts, `run`, `main`, includes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend import clock, recomputed, signs, transformed
from py2cpp_autograd.backend.bound_names import names_in
from py2cpp_autograd.backend.clashes import refuse_clashes, spellings, spellings_of
from py2cpp_autograd.backend.dependencies import calls_itself, in_order, signature_types, type_names, types_of, uses
from py2cpp_autograd.backend.effects import rebound_by_functions
from py2cpp_autograd.backend.hooks import HOOKS
from py2cpp_autograd.backend.names import cpp_name, field_name
from py2cpp_autograd.backend.placement import place
from py2cpp_autograd.backend.reach import Reach
from py2cpp_autograd.backend.sections import Homes, Placed, sections
from py2cpp_autograd.backend.select import (
    classes,
    definitions_of_functions,
    exceptions,
    expressions,
    families,
    probes,
    statements,
    walruses,
)
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.backend.sequence import Sequencer, sequence_function
from py2cpp_autograd.backend.unsure import late_attributes, unsure_variables
from py2cpp_autograd.cpp_text import print_unit
from py2cpp_autograd.diagnostics import Diagnostic, Report
from py2cpp_autograd.ir_walk import bodies, statement_expressions, walk
from py2cpp_autograd.ir_walk import statements as all_statements
from py2cpp_autograd.span import Span
from py2cpp_autograd.table.load import Table

#: Bodies of methods, with their namespace and the classes that are to be defined before them.
Bodies = tuple[str, frozenset[str], tuple[cpp.Declaration, ...]]


@dataclass(frozen=True)
class Output:
    """What the backend makes of a program."""

    text: str
    probed_text: str
    namespaces: tuple[str, ...]  # the file's own first
    source_map: tuple[tuple[Span, Span], ...]
    diagnostics: tuple[Diagnostic, ...]


def generate(program: ir.Program, table: Table, source_name: str, traced: bool = False) -> Output:
    """The C++ of a program, and the same with recorder lines: in functions, too, when it is `traced`."""
    report = Report()
    sequenced = _sequence(program, table, report)
    refuse_clashes(sequenced, report)
    signs.check(program, report)
    recomputed.check(program, table, report)
    transformed.check(program, table, report)
    doubtful = walruses.doubtful(sequenced.body)
    homes = Homes(program)
    namespace = homes.own
    selection = Selection(
        table,
        report,
        HOOKS,
        expressions.lower,
        overloaded=_overloaded(program),
        qualified=_qualified(program, table, homes),
        homes={
            **{one.name: homes.of_variable(one) for one in program.variables},
            **{one.name: homes.of_definition(one) for one in program.definitions if isinstance(one, ir.Function)},
        },
        spelled=spellings_of(program),
        unsure=unsure_variables(sequenced, doubtful),
        late=late_attributes(program),
        doubtful=doubtful,
        modules=frozenset(d.name for d in program.definitions if isinstance(d, ir.Class) and d.is_module),
        dicts={d.name: tuple(k[2] for k in d.keys) for d in program.definitions if isinstance(d, ir.Class) and d.keys},
        taken=set(spellings(sequenced)),
        catches=_catches(program),
        clock=clock.find(sequenced, table, report),
        huge=_is_huge(program),
        by_value=families.by_value(sequenced),
        traced=traced,
        layout=program.layout,
    )
    shared = frozenset(variable.name for variable in program.variables if variable.shared)
    constants = _constants(sequenced, shared)
    variables = list(_globals(selection, sequenced, shared, constants, homes))
    parts = homes.with_variables(variables, _definitions(selection, sequenced, shared, homes))
    main = None
    if program.kind == "script":
        parts.append((namespace, _run(selection, sequenced, shared, constants)))
        main = _main(namespace, _exits(program))
    header = (cpp.Comment(f"Translated from {source_name} by py2cpp-autograd."), *_header(program))
    made = sections(parts, homes.comments) or (cpp.Section(namespace, ()),)
    unit = cpp.Unit(header, _includes(selection), made, main)
    printed = print_unit(unit)
    return Output(printed.text, printed.probed_text, homes.all, printed.source_map, tuple(report.diagnostics))


def _header(program: ir.Program) -> tuple[cpp.Comment, ...]:
    comments = [cpp.Comment(comment.text) for comment in program.header]
    while comments and comments[-1].text is None:
        comments.pop()
    return (cpp.Comment("//"), *comments) if comments and comments[0].text is None else tuple(comments)


def _includes(selection: Selection) -> tuple[str, ...]:
    system = sorted(header for header in selection.headers if header.startswith("<"))
    own = sorted(header for header in selection.headers if header.startswith('"'))
    return ("<torch/torch.h>", *(header for header in system if header != "<torch/torch.h>"), *own)


# ---------------------------------------------------------------------------------------- preparation


def _sequence(program: ir.Program, table: Table, report: Report) -> ir.Program:
    taken = names_in(program.body) | {variable.name for variable in program.variables}
    taken |= {definition.name for definition in program.definitions}
    rebound = rebound_by_functions(program)
    outer = Sequencer(table, taken, rebound=rebound, reach=Reach(program, table), report=report)
    body = replace(outer, taken=set(taken)).body(program.body)
    definitions = tuple(_sequence_definition(outer, definition) for definition in program.definitions)
    return replace(program, body=body, definitions=definitions)


def _sequence_definition(outer: Sequencer, node: ir.Definition) -> ir.Definition:
    match node:
        case ir.Function():
            return sequence_function(outer, node)
        case ir.Class(init=init, methods=methods):
            made = tuple(sequence_function(outer, method) for method in methods)
            return replace(node, init=sequence_function(outer, init), methods=made)
        case ir.AutogradFunction(forward=forward, backward=backward):
            parts = (sequence_function(outer, part) for part in (forward, backward))
            return replace(node, forward=next(parts), backward=next(parts))
        case ir.Family() | ir.Enumeration() | ir.ExceptionClass():
            return node


def _overloaded(program: ir.Program) -> frozenset[str]:
    names = [definition.name for definition in program.definitions if isinstance(definition, ir.Function)]
    return frozenset(name for name in names if names.count(name) > 1)


#: An int from which additions are checked.
_HUGE = 2**62


def _all_bodies(program: ir.Program) -> list[Sequence[ir.Stmt]]:
    return [program.body, *(f.body for definition in program.definitions for f in bodies(definition))]


def _catches(program: ir.Program) -> bool:
    return any(isinstance(node, ir.Try) for body in _all_bodies(program) for node in all_statements(body))


def _exits(program: ir.Program) -> bool:
    found = (node for body in _all_bodies(program) for node in all_statements(body))
    return any(map(exceptions.ends_program, found))


def _is_huge(program: ir.Program) -> bool:
    """Whether the program writes an int that one more addition could take beyond 64 bits."""
    expressions = (e for body in _all_bodies(program) for s in all_statements(body) for e in statement_expressions(s))
    literals = (part.value for whole in expressions for part in walk(whole) if isinstance(part, ir.Literal))
    return any(isinstance(value, int) and abs(value) >= _HUGE for value in literals)


def _qualified(program: ir.Program, table: Table, homes: Homes) -> dict[str, str]:
    """The functions of the program that LibTorch has too: their arguments' types would bring those into each call."""
    functions = {one.name: homes.of_definition(one) for one in program.definitions if isinstance(one, ir.Function)}
    inner = {node.function.name for node in all_statements(program.body) if isinstance(node, ir.LocalFunction)}
    taken = {name: home for name, home in functions.items() if cpp_name(name) in table.cpp_functions}
    return {name: f"{home}::{cpp_name(name)}" for name, home in taken.items() if name not in inner}


def _constants(program: ir.Program, shared: frozenset[str]) -> dict[str, ir.Assign]:
    """Shared variables that get one literal, once: constants at namespace scope. In a model file, all variables."""
    counts: dict[str, int] = {}
    for node in all_statements(program.body):
        if isinstance(node, ir.Assign | ir.AugmentedAssign) and isinstance(node.target, ir.NameTarget):
            counts[node.target.name] = counts.get(node.target.name, 0) + 1
    outer = {name for definition in program.definitions for name in _outer(definition)}
    found = {}
    for node in program.body:
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.NameTarget):
            name = node.target.name
            literal = isinstance(node.value, ir.Literal) and counts[name] == 1 and name not in outer
            if (name in shared and literal) or program.kind == "model":
                found[name] = node
    return found


def _outer(node: ir.Definition) -> Iterator[str]:
    functions = [node] if isinstance(node, ir.Function) else []
    if isinstance(node, ir.Class):
        functions = [node.init, *node.methods]
    for function in functions:
        yield from function.outer


# ------------------------------------------------------------------------------------------ namespace


#: The definitions that types name.
_OF_VARIABLES = (ir.Class, ir.Family, ir.Enumeration)


def _globals(
    selection: Selection, program: ir.Program, shared: frozenset[str], constants: dict[str, ir.Assign], homes: Homes
) -> Iterator[Placed]:
    """Variables that functions read; those of classes of the program stand behind these."""
    for variable in sorted(program.variables, key=lambda one: one.module is None):
        name, spelled, home = cpp_name(variable.name), selection.type(variable.type), homes.of_variable(variable)
        if variable.name in constants:
            value = selection.expression(constants[variable.name].value)
            yield home, cpp.Declare(f"const {spelled}", name, value, span=constants[variable.name].span)
        elif variable.name in shared and not _classes_of(program, variable):
            yield home, _declared(selection, variable)


def _definitions(selection: Selection, program: ir.Program, shared: frozenset[str], homes: Homes) -> Iterator[Placed]:
    ordered = in_order(program.definitions)
    waiting = [v for v in program.variables if v.name in shared and _classes_of(program, v)]
    seen: set[str] = set()
    waiting_bodies: list[Bodies] = []
    for node in ordered:
        home = homes.of_definition(node)
        yield from ((home, made) for made in _prototypes(selection, node, ordered, seen))
        needed = _needed_ahead(node, ordered, seen)
        yield from ((home, made) for made in _ahead(selection, needed))
        seen.add(node.name)
        defined = tuple(_definition(selection, node, shared))
        if isinstance(node, ir.Class) and needed:
            defined, apart = classes.apart(defined)
            waiting_bodies.append((home, frozenset(one.name for one in needed), apart))
        yield from ((home, made) for made in defined)
        yield home, cpp.Comment(None)
        for ended in [one for one in waiting_bodies if one[1] <= seen]:
            waiting_bodies.remove(ended)
            yield from ((ended[0], made) for made in ended[2])
        ready = [variable for variable in waiting if _classes_of(program, variable) <= seen]
        if isinstance(node, _OF_VARIABLES) and ready:
            waiting = [variable for variable in waiting if variable not in ready]
            yield from ((homes.of_variable(variable), _declared(selection, variable)) for variable in ready)
            yield home, cpp.Comment(None)


def _needed_ahead(node: ir.Definition, ordered: Sequence[ir.Definition], seen: set[str]) -> list[ir.Class | ir.Family]:
    """The classes that a class of objects uses, or the methods of a family name, and that use it in turn."""
    plain = isinstance(node, ir.Class) and not node.is_module
    if not plain and not isinstance(node, ir.Family):
        return []
    wanted = {one.name for one in signature_types(node)} if isinstance(node, ir.Family) else uses(node)
    return [one for one in ordered if isinstance(one, ir.Class | ir.Family) and one.name in wanted - seen]


def _ahead(selection: Selection, needed: Sequence[ir.Class | ir.Family]) -> Iterator[cpp.Declaration]:
    """Classes, declared before they are defined."""
    for one in needed:
        if one.name in selection.ahead:
            continue
        selection.ahead.add(one.name)
        if isinstance(one, ir.Class) and one.is_module:
            yield from classes.ahead(one)
        else:
            yield cpp.Struct(cpp_name(one.name), "", None)


def _classes_of(program: ir.Program, variable: ir.Variable) -> set[str]:
    """The classes of the program that a variable's type names: it is declared behind them."""
    known = (node.name for node in program.definitions if isinstance(node, _OF_VARIABLES))
    return set(type_names(variable.type)) & set(known)


def _declared(selection: Selection, variable: ir.Variable) -> cpp.Declaration:
    name = variable.name
    initial = None if name in selection.unsure else selection.initial(variable.type)
    return cpp.Declare(selection.variable_type(name, variable.type), cpp_name(name), initial)


def _definition(selection: Selection, node: ir.Definition, shared: frozenset[str]) -> Iterator[cpp.Declaration]:
    match node:
        case ir.Function():
            for comment in node.leading:
                yield cpp.Comment(comment.text)
            yield definitions_of_functions.function(selection, node, shared)
        case ir.Class():
            made = classes.module if node.is_module else classes.plain
            yield from made(selection, node, shared)
        case ir.AutogradFunction():
            yield from classes.autograd_function(selection, node, shared)
        case ir.Family():
            yield families.struct(selection, node)
        case ir.Enumeration(name=name, members=members):
            yield from (cpp.Comment(comment.text) for comment in node.leading)
            yield cpp.Enum(cpp_name(name), tuple(map(field_name, members)), node.span)
            yield from _shown(selection, node)
        case ir.ExceptionClass():
            yield from exceptions.define(selection, node)


def _shown(selection: Selection, node: ir.Enumeration) -> Iterator[cpp.Declaration]:
    """`operator<<`, for members that errors of dicts show."""
    if not node.shown:
        return
    selection.headers |= {"<array>", "<ostream>"}
    count = len(node.shown)
    texts = cpp.Brace(None, (cpp.Brace(None, tuple(map(cpp.String, node.shown))),))
    index = cpp.Call(cpp.Name("static_cast<size_t>"), (cpp.Name("member"),))
    body = (
        cpp.Declare(f"const std::array<const char*, {count}>", "texts", texts),
        cpp.Return(cpp.Binary("<<", cpp.Name("out"), cpp.Index(cpp.Name("texts"), index))),
    )
    taken = (cpp.Parameter("std::ostream&", "out"), cpp.Parameter(cpp_name(node.name), "member"))
    yield cpp.Comment(None)
    yield cpp.Function("std::ostream&", "operator<<", taken, body, prefix="inline")


def _prototypes(
    selection: Selection, node: ir.Definition, ordered: list[ir.Definition], seen: set[str]
) -> Iterator[cpp.Declaration]:
    """Prototypes of functions that call each other in a circle, with the classes that these need."""
    place = ordered.index(node)
    undefined = ordered[place:]
    later = [d for d in undefined[1:] if isinstance(d, ir.Function)]
    called = uses(node) - seen
    if calls_itself(node) and not any(d.name == node.name and calls_itself(d) for d in ordered[:place]):
        called.add(node.name)
    for name in sorted(called & {function.name for function in later}):
        seen.add(name)
        for function in (d for d in later if d.name == name):
            yield from _classes_ahead(selection, function, undefined)
            taken = definitions_of_functions.parameters(selection, function)
            plain = tuple(replace(parameter, default=None) for parameter in taken)
            yield cpp.Function(selection.result(function.result), cpp_name(name), plain, None)


def _classes_ahead(
    selection: Selection, function: ir.Function, undefined: Sequence[ir.Definition]
) -> Iterator[cpp.Declaration]:
    """The classes whose objects a function takes or gives, declared before they are defined."""
    named = {name for type_ in types_of(function) for name in type_names(type_)}
    return _ahead(selection, [d for d in undefined if isinstance(d, ir.Class | ir.Family) and d.name in named])


# -------------------------------------------------------------------------------------------- scripts


def _run(
    selection: Selection, program: ir.Program, shared: frozenset[str], constants: dict[str, ir.Assign]
) -> cpp.Function:
    elsewhere = frozenset(id(constant) for constant in constants.values())
    kept = tuple(node for node in program.body if id(node) not in elsewhere)
    recorded = {v.name: v.path for v in program.variables if v.path is not None}
    placed = place(kept, shared | set(constants))
    earlier = {v.name: v.earlier for v in program.variables if v.earlier is not None and selection.traced}
    body = statements.Body(selection, placed, recorded, elsewhere=elsewhere, is_script=True, earlier=earlier)
    written = elsewhere | {id(node) for node in definitions_of_functions.trimmed(kept)}
    made = body.block([node for node in program.body if id(node) in written])
    last = _last_records(selection, program, shared, constants)
    return cpp.Function("void", "run", (), (*_watches(selection, program, constants), *made, *last))


def _watches(selection: Selection, program: ir.Program, constants: dict[str, ir.Assign]) -> Iterator[cpp.Stmt]:
    """Variables of namespace scope that functions may change, also in a program that an error ends."""
    assigned = {name for definition in program.definitions for name in _outer(definition)}
    for variable in program.variables:
        if not variable.shared or variable.name in constants or variable.path is None:
            continue
        shy = variable.afar or variable.name in selection.doubtful & selection.unsure
        if shy or variable.name in assigned or probes.changes_in_place(variable.type):
            yield from probes.watch(selection, variable.path, variable.name, variable.type, shy)


def _last_records(
    selection: Selection, program: ir.Program, shared: frozenset[str], constants: dict[str, ir.Assign]
) -> Iterator[cpp.Stmt]:
    """What no line behind an assignment records: variables that functions assign."""
    for variable in program.variables:
        if variable.path is None or not probes.is_recorded(selection, variable.type):
            continue
        if variable.name in shared and variable.name not in constants and not variable.maybe_unbound:
            yield probes.record_value(selection, variable.path, variable.name, variable.type)


def _main(namespace: str, exits: bool) -> cpp.Function:
    seed = cpp.Do(cpp.Call(cpp.Name("torch::manual_seed"), (cpp.Int(0),)))
    run: cpp.Stmt = cpp.Do(cpp.Call(cpp.Name(f"{namespace}::run"), ()))
    if exits:
        status = cpp.Return(cpp.Member(cpp.Name("exit"), "status"))
        run = cpp.Try((run,), (cpp.Catch("const py2cpp::Exit& exit", (status,)),))
    return cpp.Function("int", "main", (), (seed, run))
