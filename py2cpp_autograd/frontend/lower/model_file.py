"""Model files: `Model`, `get_inputs` and `get_init_inputs`, driven by the harness instead of a top-level run."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import flags, functions, parameters
from py2cpp_autograd.frontend.lower.classes import building
from py2cpp_autograd.types import ListType, NeverType, TupleType, Type

MODEL = "Model"
INPUT_FUNCTIONS = ("get_init_inputs", "get_inputs")


def is_model_file(context: Context) -> bool:
    """Whether the file defines a model to drive, and does nothing else."""
    names = context.module_scope.functions
    if MODEL not in context.classes or any(function not in names for function in INPUT_FUNCTIONS):
        return False
    return all(_is_passive(statement) for statement in context.source.module.body)


def _is_passive(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    match statement:
        case cst.FunctionDef() | cst.ClassDef():
            return True
        case cst.SimpleStatementLine(body=body):
            plain = cst.Import | cst.ImportFrom | cst.Pass | cst.Assign | cst.AnnAssign
            return all(
                isinstance(part, plain) or (isinstance(part, cst.Expr) and isinstance(part.value, cst.SimpleString))
                for part in body
            )
        case _:
            return False


def lower_drive(context: Context) -> None:
    """Lower what the harness will call: the model's construction and its forward, with the types of the inputs."""
    if not is_model_file(context):
        return
    try:
        construction, inputs = (_call(context, name) for name in INPUT_FUNCTIONS)
        node = context.classes[MODEL]
        _join(context, node, "__init__", construction)
        building.build_class(context, MODEL)
        _join(context, node, "forward", inputs)
    except Refusal:
        return


def _call(context: Context, name: str) -> tuple[Type, ...]:
    """The types of the values that an input function returns."""
    call = cst.Call(cst.Name(name))
    value = functions.lower_function_call(context, call, name, context.module_scope)
    match value.type:
        case TupleType(elements=elements):
            return elements
        case ListType(element=NeverType()):
            return ()
        case _:
            definition = context.module_scope.functions[name]
            context.refuse("PCA301", definition, f"{name} must return a list display, such as `return [x]`")


def _join(context: Context, node: cst.ClassDef, method: str, types: tuple[Type, ...]) -> None:
    found = hierarchy.method(context, MODEL, method)
    if found is None:
        if types or method == "forward":
            context.refuse("PCA305", node.name, f"class '{MODEL}' has no method '{method}'")
        return
    definition = found.node
    signature = parameters.signature_of(context, definition, 1)
    required = sum(parameter.default is None for parameter in signature.parameters)
    if not required <= len(types) <= len(signature.parameters):
        context.refuse(
            "PCA306", definition.name, f"{method} takes {len(signature.parameters)} values, not {len(types)}"
        )
    for index, parameter in enumerate(signature.parameters):
        type_ = types[index] if index < len(types) else _default(context, definition, parameter)
        key = ("variable", f"{MODEL}.{method}", parameter.name.value, 1)
        context.settled(context.assumptions.join(key, type_), parameter, f"parameter '{parameter.name.value}'")


def _default(context: Context, definition: cst.FunctionDef, parameter: cst.Param) -> Type:
    """The type of what a parameter has by itself: a flag is one for all objects of the file."""
    value = parameters.default_value(context, parameter)
    return flags.as_argument(context, definition, parameter.name.value, value).type


def returned_display(context: Context, node: cst.BaseExpression) -> ir.Expr | None:
    """The list display that an input function returns, as a tuple: its elements have types of their own."""
    if context.scope.identity not in INPUT_FUNCTIONS or not isinstance(node, cst.List) or not is_model_file(context):
        return None
    lowered = [context.expression(element.value) for element in node.elements]
    return ir.TupleDisplay(tuple(lowered), TupleType(tuple(value.type for value in lowered)), context.span(node))


def check_top_level(context: Context, body: Sequence[ir.Stmt]) -> None:
    """Refuse what runs at the top level of a model file, which has no `run`: constants may stand there, each once."""
    if not is_model_file(context):
        return
    seen: set[str] = set()
    for statement in body:
        match statement:
            case ir.Comment():
                continue
            case ir.Assign(target=ir.NameTarget(name=name)) if name not in seen:
                seen.add(name)
            case _:
                advice = "assign each module-level variable once, or move this into a function"
                message = "this cannot stand at the top level of a model file"
                context.report.add("PCA102", statement.span, message, advice)
