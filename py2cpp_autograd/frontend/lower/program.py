"""The whole program: rounds of lowering until no type changes, then the IR of the last round.

Types flow forward from where values are made, and backward only between rounds: a function is lowered where it
is first called, with the parameter types of all the calls that earlier rounds have seen. What nothing calls takes
its types from annotations in a last round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal, Report
from py2cpp_autograd.frontend import hierarchy, specialised
from py2cpp_autograd.frontend.bindings import bindings_of, bound_by_functions
from py2cpp_autograd.frontend.context import Context, FunctionInstance, Partials
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import (
    autograd_functions,
    control,
    conventions,
    function_bodies,
    functions,
    live_loops,
    lives,
    loaders,
    model_file,
    parallel,
    parameters,
    run_order,
    samplers,
    star_arguments,
    subsets,
    untold,
)
from py2cpp_autograd.frontend.lower.block import comment_lines, comments, lower_statements
from py2cpp_autograd.frontend.lower.classes import building, dict_classes, enumerations, error_classes, family_structs
from py2cpp_autograd.frontend.lower.expressions import lower_expression
from py2cpp_autograd.frontend.lower.last_checks import check_values
from py2cpp_autograd.frontend.lower.statements import lower_statement
from py2cpp_autograd.frontend.lower.targets import settle_versions
from py2cpp_autograd.frontend.lower.variable_reads import has_unsure_form
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.scope import ITERATOR, Assumptions, Key, Scope, unbound_at_end
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import (
    FLOAT,
    STR,
    DictType,
    ListType,
    NeverType,
    OptionalType,
    SetType,
    SymbolType,
    TupleType,
    Type,
)

#: Types only widen, so rounds end; a program that needs more than these is refused.
MAX_ROUNDS = 30


def lower(source: Source, table: Table, report: Report, name: str) -> ir.Program | None:
    """The typed IR of a parsed file, or None after adding diagnostics to `report`."""
    attempt = _attempt(source, table, frozenset())
    context = attempt.context
    if untold.may_be_wrong(context):
        left_open = frozenset(parameter.fact for parameter in context.assumptions.untold)
        untold.blame(context, _attempt(source, table, left_open).context)
    report.diagnostics.extend(context.report.diagnostics)
    if report.refused:
        return None
    program = _program(context, name, attempt.body)
    return program if check_values(program, report) else None


@dataclass(frozen=True)
class _Attempt:
    """The last round of lowering: what is known, and the module's own statements."""

    context: Context
    body: list[ir.Stmt]


def _attempt(source: Source, table: Table, facts: frozenset[Key]) -> _Attempt:
    """Lower until no type changes; `facts` are known from the start."""
    assumptions = Assumptions(facts)
    instances: dict[str, list[FunctionInstance]] = {}
    partials: Partials = {}
    for _ in range(MAX_ROUNDS):
        assumptions.begin()
        context = _context(source, table, assumptions, instances, partials)
        body = _round(context)
        if assumptions.start_again():
            instances.clear()
            continue
        is_told = not context.stuck and not context.report.refused
        if (is_told or not assumptions.changed) and conventions.go_on(context, _uncalled(context)):
            continue
        if assumptions.changed:
            continue
        if not context.report.refused and (
            _settle_empty(assumptions) or live_loops.note_changes(context, body, partial(_definitions, context))
        ):
            continue
        break
    else:
        context.report.add("PCA301", context.span(source.module), "the types of this program do not settle")
    model_file.check_top_level(context, body)
    _finish(context)
    return _Attempt(context, body)


def _settle_empty(assumptions: Assumptions) -> bool:
    """Give the lists and dicts that nothing is ever put into a type, as C++ needs one; whether there are any."""
    found = {key: _as_empty(type_) for key, type_ in assumptions.types.items() if not is_settled(type_)}
    settled = {key: type_ for key, type_ in found.items() if is_settled(type_)}
    for key, type_ in settled.items():
        assumptions.replace(key, type_)
    return bool(settled)


def _as_empty(type_: Type) -> Type:
    match type_:
        case ListType(element=NeverType()):
            return replace(type_, element=FLOAT)
        case DictType(key=key, value=value):
            held = FLOAT if isinstance(value, NeverType) else _as_empty(value)
            return replace(type_, key=STR if isinstance(key, NeverType) else key, value=held)
        case SetType(element=NeverType()):
            return SetType(STR)
        case TupleType(elements=elements):
            return replace(type_, elements=tuple(map(_as_empty, elements)))
        case OptionalType(inner):
            return OptionalType(_as_empty(inner))
        case _:
            return type_


def _context(
    source: Source,
    table: Table,
    assumptions: Assumptions,
    instances: dict[str, list[FunctionInstance]],
    partials: Partials,
) -> Context:
    module = source.module
    bindings = source.once(bindings_of, module).copy()
    by_functions = source.once(bound_by_functions, module)
    afar = {name: count for name, count in by_functions.items() if name not in bindings.counts}
    bindings.counts.update(afar)
    functions_of_file = function_bodies.local_functions(module, bindings)
    scope = Scope("", "module", None, bindings, body=module, functions=functions_of_file, afar=frozenset(afar))
    for found in instances.values():
        for instance in found:
            instance.lowered, instance.started = None, False
    found_classes = {node.name.value: node for node in _top(module.body) if isinstance(node, cst.ClassDef)}
    context = Context(source, table, Report(), assumptions, scope, lower_expression, lower_statement)
    context.classes, context.instances, context.partials = found_classes, instances, partials
    specialised.restore(context)
    dict_classes.restore(context)
    subsets.restore(context)
    loaders.restore(context)
    parallel.restore(context)
    samplers.restore(context)
    scope.applies = function_bodies.applies(context, module, bindings)
    return context


def _top(nodes: Sequence[cst.BaseStatement]) -> Iterator[cst.BaseStatement]:
    """The statements of the module's own code, and of `if __name__ == "__main__":`."""
    for node in nodes:
        yield node
        if isinstance(node, cst.If) and control.is_main_test(node.test) and isinstance(node.body, cst.IndentedBlock):
            yield from _top(node.body.body)


def _round(context: Context) -> list[ir.Stmt]:
    _check_redefinitions(context)
    body = lower_statements(context, context.source.module.body)
    settle_versions(context, context.module_scope)
    _note_unbound(context)
    model_file.lower_drive(context)
    building.finish_classes(context)
    _lower_uncalled(context)
    building.finish_classes(context)
    return body


def _note_unbound(context: Context) -> None:
    """Remember which variables may have no value at the end, in a round that has lowered all that assigns them."""
    scope = context.module_scope
    if not scope.poisoned:
        for name in scope.touched - scope.bound:
            context.assumptions.note(unbound_at_end(scope, name))


def _check_redefinitions(context: Context) -> None:
    seen: set[str] = set()
    for node in context.source.module.body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            name = node.name.value
            if name in seen:
                context.report.add("PCA206", context.span(node.name), f"'{name}' is defined twice")
            seen.add(name)


def _uncalled(context: Context) -> bool:
    uncalled_functions = [name for name in context.scope.functions if not context.instances.get(name)]
    return bool(uncalled_functions) or any(_is_uncalled(context, name) for name in context.classes)


def _is_uncalled(context: Context, name: str) -> bool:
    """Whether a class is to be translated though nothing makes an instance: base classes live on in others."""
    made_up = name in context.origins or name in context.dict_classes
    return name not in context.building and not made_up and not hierarchy.is_base(context, name)


def _lower_uncalled(context: Context) -> None:
    """Functions and classes that nothing uses are translated too: nothing of the source is lost."""
    for name, definition in context.scope.functions.items():
        started = any(instance.started for instance in context.instances.get(name, ()))
        if not started and conventions.apply_to(context, name):
            try:
                _lower_uncalled_function(context, name, definition)
            except Refusal:
                continue
    for name in list(context.classes):
        poisoned = name in context.scope.poisoned
        if _is_uncalled(context, name) and conventions.apply_to(context, name) and not poisoned:
            _build_uncalled(context, name)


def _lower_uncalled_function(context: Context, name: str, definition: parameters.FunctionNode) -> None:
    signature = parameters.signature_of(context, definition)
    parameters.apply_annotations(
        context, name, signature, lambda parameter: conventions.usual_type(context, name, definition, parameter, None)
    )
    types = parameters.parameter_types(context, name, signature)
    instance = FunctionInstance(name, definition, types)
    context.instances[name] = [instance]
    functions.lower_instance(context, instance, definition)


def _build_uncalled(context: Context, name: str) -> None:
    try:
        if autograd_functions.is_function_class(context, name):
            autograd_functions.build_uncalled(context, name)
        elif hierarchy.kind_of(context, name) == "enum":
            enumerations.build(context, name)
        elif hierarchy.kind_of(context, name) == "exception":
            error_classes.build(context, name)
        elif hierarchy.kind_of(context, name) == "tuple":
            context.building.add(name)
        else:
            building.build_class(context, name)
    except Refusal:
        return


def _finish(context: Context) -> None:
    """The errors that only the last round can tell."""
    if not context.report.refused:
        for span in context.unsettled[:1]:
            context.report.add("PCA301", span, "the type of this value cannot be found out", "annotate it")
        _check_settled(context)
        _check_afar(context)
    star_arguments.check_spread(context)
    for copied, changes in context.sharing.hazards():
        if run_order.comes_last(context, copied, changes) or lives.is_short(context, copied, changes):
            continue
        if copied.default:
            message = f"this default is one {copied.type} for all calls, and is changed"
            context.report.add("PCA501", copied.span, message, "use None, and make a new one in the body")
        else:
            context.report.add("PCA501", copied.span, f"two names for one {copied.type}, which is changed later")


def _check_afar(context: Context) -> None:
    """Refuse variables that only functions assign and that may be None: C++ could not tell that there is no value."""
    scope = context.module_scope
    for name in sorted(scope.afar):
        key = scope.key(name)
        if key in context.assumptions.types and not has_unsure_form(context.assumptions.types[key]):
            message = f"'{name}' may have no value, as only functions assign it, and may be None"
            context.report.add("PCA205", context.places[key], message, "assign it at module level first")


def _check_settled(context: Context) -> None:
    for key, type_ in context.assumptions.types.items():
        if not is_settled(type_) and not context.report.refused:
            what = str(key[2]) if len(key) > 2 else "a result"
            context.report.add(
                "PCA301",
                context.places.get(key) or context.span(context.source.module),
                f"the type of '{what}' is not known ({type_})",
                "annotate it, such as `x: list[float] = []`",
            )


def _program(context: Context, name: str, body: list[ir.Stmt]) -> ir.Program:
    module = context.source.module
    header = comment_lines(context, module.header)
    statements = [*body, *comments(context, module.footer)]
    if statements and isinstance(statements[0], ir.Comment) and _has_docstring(module):
        header.append(statements[0])
        statements = statements[1:]
    kind: ir.ProgramKind = "model" if model_file.is_model_file(context) else "script"
    made = (_definitions(context), _variables(context), tuple(statements), context.source.layout)
    return ir.Program(name, kind, tuple(header), *made, tuple(context.recomputed))


def _has_docstring(module: cst.Module) -> bool:
    return module.get_docstring() is not None and not any(line.comment for line in module.body[0].leading_lines)


def _definitions(context: Context) -> tuple[ir.Definition, ...]:
    found: list[ir.Definition] = []
    for instances in context.instances.values():
        explicit = len(instances) > 1
        for instance in instances:
            if instance.lowered is not None:
                found.append(_documented(context, instance, explicit))
    found.extend(context.built_classes.values())
    found.extend(family_structs.declared(context))
    layout = context.source.layout
    return tuple(sorted(found, key=lambda one: (layout.is_own(one.span.start.line), one.span.start.line)))


def _documented(context: Context, instance: FunctionInstance, explicit: bool) -> ir.Function:
    """The function with the comments that stand before it; overloads have no default arguments."""
    function = instance.lowered
    assert function is not None
    parameters = function.parameters
    if explicit:
        parameters = tuple(replace(parameter, default=None) for parameter in parameters)
    leading: tuple[ir.Comment, ...] = ()
    if isinstance(instance.node, cst.FunctionDef):
        leading = tuple(comment_lines(context, instance.node.leading_lines))
    return replace(function, parameters=parameters, leading=leading)


def _variables(context: Context) -> tuple[ir.Variable, ...]:
    scope = context.module_scope
    variables = []
    for key, type_ in context.assumptions.types.items():
        if key[0] != "variable" or key[1] != "" or isinstance(type_, SymbolType):
            continue
        name, version = str(key[2]), int(key[3])
        spelling = scope.spelled(name, version)
        last = version == scope.versions.get(name, 1) and spelling not in scope.deleted
        hidden = name in context.source.hidden or (*ITERATOR, name) in context.assumptions.facts
        hidden = hidden or (name.startswith("__") and name.endswith("__"))
        path = name if last and not hidden else None
        home = context.source.homes.get(name)
        if home is not None:
            path = home.path if path is not None else None
        module = None if home is None else home.module
        unbound, afar = name not in scope.bound or name in scope.afar, name in scope.afar
        earlier = name if not last and not hidden and home is None and spelling not in scope.deleted else None
        variables.append(ir.Variable(spelling, type_, name in context.shared, unbound, path, module, afar, earlier))
    return tuple(variables)
