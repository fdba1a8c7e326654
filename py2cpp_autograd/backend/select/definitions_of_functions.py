"""Functions of the program: signatures, bodies, lambdas, and stores into `self` and `ctx`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.bound_names import assigned
from py2cpp_autograd.backend.placement import place
from py2cpp_autograd.backend.select import functions_as_values, statements, traces
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.backend.unsure import unsure_names
from py2cpp_autograd.ir_walk import any_expression, statement_expressions, target_names, walk, walrus_names
from py2cpp_autograd.ir_walk import statements as all_statements
from py2cpp_autograd.types import NoneType, OptionalType, TensorType, TupleType, Type, is_number

_DISPLAYS = ir.ListDisplay | ir.DictDisplay


def parameters(selection: Selection, function: ir.Function, named: bool = False) -> tuple[cpp.Parameter, ...]:
    """The parameter list; what the body does not read is named in a comment, unless all are to be `named`."""
    own, read = rebound(function), _read(function)
    used = {parameter.name for parameter in function.parameters} if named else assigned(function.body) | read
    made = []
    for index, parameter in enumerate(function.parameters):
        spelled = selection.type(parameter.type)
        if parameter.name not in own and (parameter.mutated or (function.name, index) not in selection.by_value):
            spelled = selection.parameter_type(parameter.type, parameter.mutated)
        if is_number(parameter.type) and parameter.name in own - read:
            spelled = f"[[maybe_unused]] {spelled}"  # it only gets other values
        default = None if parameter.default is None else default_value(selection, parameter.default, parameter.type)
        made.append(cpp.Parameter(spelled, selection.parameter(parameter.name, used), default))
    if function.yields is None:
        return tuple(made)
    return (*(replace(parameter, default=None) for parameter in made), _consumer(selection, function))


def _consumer(selection: Selection, function: ir.Function) -> cpp.Parameter:
    """What a generator calls with each value: the body of a loop, which says whether to go on, or of a `with`."""
    selection.headers.add("<functional>")
    assert function.yields is not None
    taken = "" if isinstance(function.yields, NoneType) else selection.parameter_type(function.yields, False)
    return cpp.Parameter(f"const std::function<{'void' if function.manages else 'bool'}({taken})>&", "yield")


def rebound(function: ir.Function) -> set[str]:
    """The variables that a body gives other values: a parameter among them is the function's own, not a reference."""
    return set(_rebound(function))


def _rebound(function: ir.Function) -> Iterator[str]:
    for node in all_statements(function.body):
        match node:
            case ir.Assign(target=target) | ir.AugmentedAssign(target=target) | ir.For(target=target):
                yield from (name.name for name in target_names(target))
        for expression in statement_expressions(node):
            yield from (name.name for name in walrus_names(expression))


def default_value(selection: Selection, value: ir.Expr, type_: Type) -> cpp.Expr:
    """A default argument."""
    plain = value.operand if isinstance(value, ir.Convert) else value
    if isinstance(plain.type, NoneType):
        if isinstance(type_, OptionalType) and selection.is_module(type_):
            return cpp.Name("nullptr")  # `{}` would be a module of its own
        return cpp.Brace(None, ())
    made = selection.expression(value)
    return cpp.Brace(None, made.elements) if isinstance(made, cpp.Brace) and isinstance(plain, _DISPLAYS) else made


def names_read(function: ir.Function) -> set[str]:
    """The names that a body uses, those that it only binds too."""
    return assigned(function.body) | _read(function)


def _read(function: ir.Function) -> set[str]:
    expressions = [one for node in all_statements(function.body) for one in statement_expressions(node)]
    parts = (part for one in (*expressions, *_guard_values(function)) for part in walk(one))
    return {part.name for part in parts if isinstance(part, ir.Name)}


def _guard_values(function: ir.Function) -> tuple[ir.Expr, ...]:
    return tuple(argument.value for guard in function.guards for argument in guard.arguments)


def body(
    selection: Selection,
    function: ir.Function,
    shared: frozenset[str] = frozenset(),
    returns: str = "value",
    recorded: Mapping[str, str] | None = None,
) -> tuple[cpp.Stmt, ...]:
    """The body of a function, its guards first."""
    known = {parameter.name for parameter in function.parameters} | function.outer
    placement = place(function.body, known)
    made = statements.Body(
        selection, placement, dict(recorded or {}), returns, function.result, manages=function.manages
    )
    with selection.hiding({*placement.types, *(parameter.name for parameter in function.parameters)}):
        selection.unsure |= unsure_names(function.body)
        guards = tuple(made.guard(guard) for guard in function.guards)
        entered = traces.entered(selection, function, names_read(function)) if selection.traced else []
        return (*entered, *guards, *made.block(trimmed(function.body)))


def trimmed(nodes: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    """A body without the empty lines at its ends."""
    kept = list(nodes)
    while kept and isinstance(kept[0], ir.Comment) and kept[0].text is None:
        kept.pop(0)
    while kept and isinstance(kept[-1], ir.Comment) and kept[-1].text is None:
        kept.pop()
    return tuple(kept)


def calls_itself(function: ir.Function) -> bool:
    """Whether a function uses its own name."""
    return any_expression(
        function.body,
        lambda node: isinstance(node, ir.Call | ir.FunctionRef) and node.function == function.name,
    )


def local_lambda(selection: Selection, function: ir.Function) -> cpp.Expr:
    """A local function as a lambda that captures by reference, as Python closures do, or (kept) copies."""
    result = selection.result(function.result)
    taken = parameters(selection, function)
    made = body(selection, function)
    if function.captures != "copies":
        return cpp.Lambda("&", taken, result, made)
    own = {parameter.name for parameter in function.parameters}
    changes = any_expression(function.body, partial(functions_as_values.changes_copy, selection, own))
    selection.changing |= {function.name} if changes else set()
    return cpp.Lambda("=", taken, result, made, changes)


def function(selection: Selection, node: ir.Function, shared: frozenset[str]) -> cpp.Function:
    """A module-level function."""
    result = selection.result(node.result)
    made = body(selection, node, shared)
    return cpp.Function(result, selection.name(node.name), parameters(selection, node), made, span=node.span)


def gradient_list(selection: Selection, value: ir.Expr) -> cpp.Expr:
    """What a custom Function's forward of several outputs, or its backward, returns: a list of tensors."""
    if isinstance(value, ir.TupleDisplay | ir.ListDisplay):
        return cpp.Brace(None, tuple(_gradient(selection, element) for element in value.elements))
    if isinstance(value.type, TupleType):
        made = selection.expression(value)
        count = len(value.type.elements)
        parts = tuple(selection.call(f"std::get<{index}>", made, header="<tuple>") for index in range(count))
        return cpp.Brace(None, parts)
    return cpp.Brace(None, (_gradient(selection, value),))


def _gradient(selection: Selection, value: ir.Expr) -> cpp.Expr:
    plain = value.operand if isinstance(value, ir.Convert) else value
    if isinstance(plain.type, NoneType):
        return cpp.Call(cpp.Name("torch::Tensor"), ())
    return selection.expression(value)


def is_tensor(type_: Type) -> bool:
    """Whether a parameter of a custom Function is a tensor, or a tensor or None."""
    return isinstance(type_.inner if isinstance(type_, OptionalType) else type_, TensorType)


def field(selection: Selection, field: ir.FieldDeclaration) -> cpp.Declare:
    """The declaration of an attribute."""
    spelled = selection.type(field.type)
    name = selection.field(field.name)
    if selection.is_boxed(field.type):
        selection.headers.add("<memory>")
        return cpp.Declare(f"std::shared_ptr<{spelled}>", name)
    if field.late:
        return cpp.Declare(selection.with_headers(f"std::optional<{spelled}>"), name)
    default = None if selection.is_module(field.type) else field.default
    if default is not None and not isinstance(default.type, NoneType):
        return cpp.Declare(spelled, name, selection.expression(default))
    return cpp.Declare(spelled, name, selection.initial_or_zero(field.type))
