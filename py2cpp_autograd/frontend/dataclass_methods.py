"""What `@dataclass` writes into a class, as the Python that it would be: `__init__`, `__eq__`, `__repr__`, and orders.

`@functools.total_ordering` writes the comparisons that a class lacks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import libcst as cst

from py2cpp_autograd.frontend import specialised
from py2cpp_autograd.frontend.context import Context

_OPTIONS = frozenset({"frozen", "eq", "repr", "init", "slots", "kw_only", "unsafe_hash", "order"})
#: The decorator that writes the comparisons which a class lacks.
TOTAL = "functools.total_ordering"
_FIELD_OPTIONS = frozenset({"default", "default_factory", "init", "repr", "compare"})
_FACTORIES = {"builtins.list": "[]", "builtins.dict": "{}"}


@dataclass(frozen=True)
class Field:
    """A field of a dataclass: its default as an expression, and the factory's call where it has one."""

    name: str
    annotation: cst.Annotation
    default: cst.BaseExpression | None
    made: cst.BaseExpression | None
    in_init: bool
    shown: bool
    compared: bool
    keyword_only: bool = False


def decoration(context: Context, node: cst.ClassDef) -> dict[str, bool] | None:
    """The options of a class's `@dataclass`, or None where it has no such decorator."""
    for decorator in node.decorators:
        written = decorator.decorator
        callee = written.func if isinstance(written, cst.Call) else written
        if context.qualified(callee) != "dataclasses.dataclass":
            continue
        given = written.args if isinstance(written, cst.Call) else ()
        options: dict[str, bool] = {}
        for argument in given:
            keyword = None if argument.keyword is None else argument.keyword.value
            value = argument.value.value if isinstance(argument.value, cst.Name) else None
            if keyword not in _OPTIONS or value not in {"True", "False"}:
                context.refuse("PCA108", argument, "this option of @dataclass has no translation")
            options[keyword] = value == "True"
        return options
    return None


def fields_of(context: Context, nodes: Sequence[cst.ClassDef]) -> list[Field]:
    """The fields of dataclasses, from base to derived: a field of a derived class takes the place of the base's."""
    found: dict[str, Field] = {}
    for node in nodes:
        options = decoration(context, node)
        if options is not None:
            keyword_only = options.get("kw_only", False)
            found |= {field.name: replace(field, keyword_only=keyword_only) for field in _own_fields(context, node)}
    return list(found.values())


def _own_fields(context: Context, node: cst.ClassDef) -> Iterator[Field]:
    for item in node.body.body:
        for part in item.body if isinstance(item, cst.SimpleStatementLine) else ():
            is_field = isinstance(part, cst.AnnAssign) and not _is_class_variable(context, part.annotation)
            if is_field and isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name):
                yield _field(context, part.target.value, part.annotation, part.value)


def _is_class_variable(context: Context, annotation: cst.Annotation) -> bool:
    written = annotation.annotation
    name = written.value if isinstance(written, cst.Subscript) else written
    qualified = context.qualified(name) or ""
    if qualified == "dataclasses.InitVar":
        context.refuse("PCA102", annotation, "InitVar has no translation", "write an __init__")
    return qualified == "typing.ClassVar"


def _field(context: Context, name: str, annotation: cst.Annotation, value: cst.BaseExpression | None) -> Field:
    if not (isinstance(value, cst.Call) and context.qualified(value.func) == "dataclasses.field"):
        return Field(name, annotation, value, None, True, True, True)
    given: dict[str, cst.BaseExpression] = {}
    for argument in value.args:
        keyword = "" if argument.keyword is None else argument.keyword.value
        if keyword not in _FIELD_OPTIONS:
            context.refuse("PCA402", argument, "this option of a field has no translation")
        given[keyword] = argument.value
    flags = [_flag(context, given.get(option)) for option in ("init", "repr", "compare")]
    factory = given.get("default_factory")
    made = None if factory is None else _made(context, factory)
    return Field(name, annotation, given.get("default"), made, flags[0], flags[1], flags[2])


def _flag(context: Context, value: cst.BaseExpression | None) -> bool:
    if value is None:
        return True
    if not (isinstance(value, cst.Name) and value.value in {"True", "False"}):
        context.refuse("PCA404", value, "this must be True or False")
    return value.value == "True"


def _made(context: Context, factory: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(factory, cst.Lambda):
        return factory.body
    text = _FACTORIES.get(context.qualified(factory) or "")
    return cst.parse_expression(text) if text is not None else cst.Call(factory)


# ----------------------------------------------------------------------------------------------- methods


def init(context: Context, node: cst.ClassDef, fields: Sequence[Field], post_init: bool) -> cst.FunctionDef:
    """`def __init__(self, a, b=1): self.a = a; self.b = b`."""
    taken = [_parameter(field) for field in fields if field.in_init and not field.keyword_only]
    named = [_parameter(field) for field in fields if field.in_init and field.keyword_only]
    optional = [place for place, parameter in enumerate(taken) if parameter.default is not None]
    if optional and any(parameter.default is None for parameter in taken[optional[0] :]):
        context.refuse("PCA102", node.name, "a field without a default comes behind one with a default")
    parameters = cst.Parameters(params=[cst.Param(cst.Name("self")), *taken], kwonly_params=named)
    body = [statement for field in fields for statement in _start(field)]
    if post_init:
        body.append(_line(cst.Expr(cst.parse_expression("self.__post_init__()"))))
    body = body or [_line(cst.Pass())]
    function = cst.FunctionDef(cst.Name("__init__"), parameters, cst.IndentedBlock(body))
    return _placed(context, function, node)


def _parameter(field: Field) -> cst.Param:
    default = field.default if field.made is None else cst.Name("None")
    return cst.Param(cst.Name(field.name), annotation=field.annotation, default=default)


def _start(field: Field) -> Iterator[cst.SimpleStatementLine]:
    value: cst.BaseExpression | None = cst.Name(field.name)
    if field.made is not None:
        test = cst.parse_expression(f"{field.name} is None")
        value = field.made if not field.in_init else cst.IfExp(test, field.made, cst.Name(field.name))
    elif not field.in_init:
        value = field.default
    if value is not None:
        target = cst.Attribute(cst.Name("self"), cst.Name(field.name))
        yield _line(cst.AnnAssign(target, field.annotation, value))


#: What `functools.total_ordering` writes from the one comparison that a class has, the first of these.
_FROM = {
    "__lt__": {"__gt__": "not {0} and self != other", "__le__": "{0} or self == other", "__ge__": "not {0}"},
    "__le__": {"__ge__": "not {0} or self == other", "__lt__": "{0} and self != other", "__gt__": "not {0}"},
    "__gt__": {"__lt__": "not {0} and self != other", "__ge__": "{0} or self == other", "__le__": "not {0}"},
    "__ge__": {"__le__": "not {0} or self == other", "__gt__": "{0} and self != other", "__lt__": "not {0}"},
}
#: The comparisons of order, with their operators; objects of another class compare otherwise.
ORDERS = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


def order(context: Context, node: cst.ClassDef, fields: Sequence[Field], method: str) -> cst.FunctionDef:
    """`def __lt__(self, other): return (self.a, self.b) < (other.a, other.b)`."""
    return _compared(context, node, fields, method, ORDERS[method])


def is_totally_ordered(context: Context, node: cst.ClassDef) -> bool:
    """Whether `functools.total_ordering` writes what a class lacks."""
    return any(context.qualified(decorator.decorator) == TOTAL for decorator in node.decorators)


def missing_order(
    context: Context, node: cst.ClassDef, known: Collection[str], method: str
) -> cst.FunctionDef | None:
    """The comparison that `functools.total_ordering` writes into a class with others; None where it writes none."""
    root = next((one for one in _FROM if one in known), None)
    if root is None or method in known:
        return None
    text = _FROM[root][method].format(f"self.{root}(other)")
    return _function(context, node, f"def {method}(self, other):\n    return {text}\n")


def equality(context: Context, node: cst.ClassDef, fields: Sequence[Field]) -> cst.FunctionDef:
    """`def __eq__(self, other): return (self.a, self.b) == (other.a, other.b)`."""
    return _compared(context, node, fields, "__eq__", "==")


def _compared(
    context: Context, node: cst.ClassDef, fields: Sequence[Field], method: str, operator: str
) -> cst.FunctionDef:
    names = [field.name for field in fields if field.compared]
    sides = [f"({''.join(f'{owner}.{name}, ' for name in names)})" for owner in ("self", "other")]
    return _function(context, node, f"def {method}(self, other):\n    return {sides[0]} {operator} {sides[1]}\n")


def representation(context: Context, node: cst.ClassDef, fields: Sequence[Field]) -> cst.FunctionDef:
    """`def __repr__(self): return f"Point(x={self.x!r})"`."""
    shown = ", ".join(f"{field.name}={{self.{field.name}!r}}" for field in fields if field.shown)
    name = specialised.shown(context, node.name.value)
    return _function(context, node, f'def __repr__(self):\n    return f"{name}({shown})"\n')


def _function(context: Context, node: cst.ClassDef, text: str) -> cst.FunctionDef:
    return _placed(context, cast("cst.FunctionDef", cst.parse_statement(text)), node)


def _line(statement: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([statement])


def _placed(context: Context, made: cst.FunctionDef, node: cst.ClassDef) -> cst.FunctionDef:
    """The function, standing where the class's name stands."""
    context.place_at(made, context.span(node.name))
    return made
