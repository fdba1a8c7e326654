"""Text made of values: f-strings, `str.format`, `%`, and which values have a text that C++ can reproduce."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import class_names, computed_templates, registrations, rows, templates
from py2cpp_autograd.frontend.lower.classes import enumerations, object_text
from py2cpp_autograd.frontend.lower.looseness import shown
from py2cpp_autograd.frontend.lower.plain_tensors import may_be_parameter
from py2cpp_autograd.frontend.lower.shapes_text import sequence_text
from py2cpp_autograd.frontend.lower.values import does_nothing, literal
from py2cpp_autograd.held_types import holds_mixed_list, with_held
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    FLOAT,
    INT,
    STR,
    ApiType,
    BoolType,
    DefaultDictType,
    DequeType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    MixedListType,
    ModuleDictType,
    NeverType,
    NoneType,
    OptionalType,
    OrderedDictType,
    RangeType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_number,
    without_none,
)

_Parts = list[str | ir.FormatField]


def lower_format(context: Context, node: cst.FormattedString, expected: Type | None) -> ir.Expr:
    """An f-string."""
    return ir.Format(tuple(_pieces(context, node.parts, "r" in node.prefix.lower())), STR, context.span(node))


def _pieces(context: Context, pieces: Sequence[cst.BaseFormattedStringContent], raw: bool) -> _Parts:
    parts: _Parts = []
    for part in pieces:
        if isinstance(part, cst.FormattedStringText):
            parts.append(_unescaped(part.value, raw))
        elif isinstance(part, cst.FormattedStringExpression):
            parts.extend(_field(context, part))
    return parts


def _unescaped(text: str, raw: bool) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    if raw:
        return text
    quoted = cst.parse_expression(f'"""{text}"""' if not text.endswith('"') else f"'''{text}'''")
    return cast("str", cast("cst.SimpleString", quoted).evaluated_value)


def _field(context: Context, part: cst.FormattedStringExpression) -> _Parts:
    value = context.expression(part.expression)
    conversion = cast("ir.Conversion", part.conversion or "")
    if part.equal is not None and not conversion and not part.format_spec:
        conversion = "r"
    field = _with_spec(context, part, value, conversion, _pieces(context, part.format_spec or (), True))
    if part.equal is None:
        return [field]
    equals = part.whitespace_before_expression, part.equal.whitespace_before, part.equal.whitespace_after
    code = context.source.module.code_for_node
    written = f"{code(equals[0])}{code(part.expression)}{code(equals[1])}={code(equals[2])}"
    return [written, field]


def _with_spec(
    context: Context, node: cst.CSTNode, value: ir.Expr, conversion: ir.Conversion, spec: _Parts
) -> ir.FormatField:
    """A field whose specification may hold fields of its own."""
    if all(isinstance(piece, str) for piece in spec):
        return text_of(context, node, value, conversion, "".join(cast("list[str]", spec)))
    computed = ir.Format(tuple(spec), STR, context.span(node))
    return text_of(context, node, value, conversion, "", computed)


#: `z`, behind the fill, the alignment and the sign.
_WITHOUT_NEGATIVE_ZERO = re.compile(r"(.?[<>=^])?[-+ ]?z")

#: Format specifications that make a float of an int first.
_OF_FLOATS = tuple("eEfFgG%")


def text_of(
    context: Context,
    node: cst.CSTNode,
    value: ir.Expr,
    conversion: ir.Conversion,
    spec: str,
    computed: ir.Expr | None = None,
) -> ir.FormatField:
    """A value as text; refused where Python's text of it cannot be reproduced."""
    formatted = bool(spec) or computed is not None
    if not conversion and isinstance(value.type, InstanceType) and hierarchy.mixed_in(context, value.type):
        own = context.source.enum_methods.get((value.type.name, "__str__"))
        shows = own is None and hierarchy.shows_value(context, value.type.name)
        value = enumerations.plain(context, node, value) if shows else value
    if not (spec[-1:] in _OF_FLOATS and not conversion):
        value = class_names.text(context, node, shown(context, value))
    if conversion == "a":
        context.refuse("PCA404", node, "the conversion '!a' has no translation", "write !r, which escapes less")
    method = "__repr__" if conversion == "r" else "__str__"
    api = without_none(value.type)
    if isinstance(api, ApiType) and context.table.attribute(api, method) is not None:
        value, conversion = rows.apply_function(context, node, f"{api.name}.{method}", (value,)), ""
    if isinstance(value, ir.Apply) and roles.is_size(context.table, value.row, value.variant, value.form):
        value, conversion = rows.apply_function(context, node, roles.SIZE_TEXT, (value,)), ""
    if isinstance(value.type, NeverType):
        context.pending(node)
    is_member = isinstance(value.type, InstanceType) and value.type.kind == "enum"
    written = None
    if is_member or conversion or not formatted:
        written = object_text.text(context, node, value, method)
    if written is not None:
        value, conversion = written, ""
    if isinstance(value.type, TensorType) and formatted and not conversion:
        return ir.FormatField(value, conversion, spec, computed)
    if isinstance(without_none(value.type), TensorType):
        value = tensor_text(context, node, value, "__repr__" if conversion else "__format__")
        conversion = ""
    if formatted and not conversion and not (is_number(value.type) or isinstance(value.type, StrType)):
        context.refuse("PCA303", node, f"a value of type {value.type} takes no format specification")
    if is_number(value.type) and not conversion:
        _check_spec(context, node, spec)
    sequence = sequence_text(context, node, value)
    if sequence is not None:
        return ir.FormatField(sequence, "", spec, computed)
    check_mixed(context, node, value.type)
    if not has_text(value.type):
        context.refuse("PCA502", node, f"the text of a value of type {value.type} differs between Python and C++")
    return ir.FormatField(value, conversion, spec, computed)


def _check_spec(context: Context, node: cst.CSTNode, spec: str) -> None:
    """Refuse what `py2cpp::format` does not know: the code of characters, and zeros without a sign."""
    if spec.endswith("c"):
        context.refuse("PCA404", node, "the format code 'c' has no translation", "write chr(...) of the number")
    if _WITHOUT_NEGATIVE_ZERO.match(spec):
        context.refuse("PCA404", node, "the format option 'z' has no translation", "leave it out")


def tensor_text(context: Context, node: cst.CSTNode, value: ir.Expr, method: str) -> ir.Expr:
    """The text of a tensor, which is another one of a parameter."""
    if registrations.kind_of(context, value) == "parameter":
        context.refuse("PCA502", node, "the text of a parameter differs between Python and C++", "write x.detach()")
    doubt = (literal(True, value.span),) if may_be_parameter(context, value) else ()
    return rows.apply_method(context, node, value, method, doubt)


def check_mixed(context: Context, node: cst.CSTNode, type_: Type) -> None:
    """Refuse the text of what C++ takes for a tuple, and Python for a list."""
    message = f"the text of a value of type {type_} differs between Python and C++"
    if holds_mixed_list(type_) or _holds_none(type_):
        context.refuse("PCA502", node, message, "show its values one by one")
    inside = (type_.key, type_.value) if isinstance(type_, OrderedDictType) else (type_,)
    if any(map(_has_other_text, inside)):
        words: dict[type, str] = {RangeType: "list"}
        advice = f"show {words.get(type(type_), 'dict')}(...) of it"
        context.refuse("PCA502", node, message, advice)


def _holds_none(type_: Type) -> bool:
    """Whether a container holds what is never anything but None, which C++ takes for a tensor, and no tensors."""
    held = list(with_held(type_))[1:]
    return any(isinstance(part, NoneType) for part in held) and not any(isinstance(part, TensorType) for part in held)


def _has_other_text(type_: Type) -> bool:
    """Whether a value is, or holds, a dict of which C++ makes another text."""
    other = OrderedDictType | RangeType
    parts = list(with_held(type_))
    with_function = any(isinstance(part, DefaultDictType) and not part.plain for part in parts)
    return with_function or any(isinstance(part, other) for part in parts)


def has_text(type_: Type) -> bool:
    """Whether Python's text of such a value can be reproduced exactly."""
    match type_:
        case IntType() | FloatType() | BoolType() | StrType() | NoneType():
            return True
        case OptionalType(inner=inner):
            return not isinstance(inner, OptionalType) and has_text(inner)
        case ListType(element=element):
            return type(type_) in (ListType, DequeType) and not type_.fixed and has_text(element)
        case TupleType(elements=elements, names=names):
            return not names and all(map(has_text, elements))
        case DefaultDictType(plain=False) | ModuleDictType():
            return False  # the text has the function's address
        case SetType(element=element):
            return has_text(element)
        case DictType(key=key, value=value):
            return has_text(key) and has_text(value)
        case _:
            return False


# ------------------------------------------------------------------------------------------ str.format


def lower_format_call(context: Context, node: cst.Call, text: ir.Expr) -> ir.Expr:
    """`"...".format(values, name=value)`."""
    template = templates.known(context, text)
    if template is None:
        return computed_templates.lower(context, node, text)
    positional, named = templates.arguments(context, node)
    given = _Given(context, node, positional, named)
    parts = _template(given, template)
    values = [*positional, *named.values()]
    if given.used == [id(value) for value in values] or all(map(does_nothing, values)):
        return ir.Format(tuple(parts), STR, context.span(node))
    names, behind = templates.kept(context, values)
    again = _Given(context, node, names[: len(positional)], dict(zip(named, names[len(positional) :], strict=True)))
    return behind(ir.Format(tuple(_template(again, template)), STR, context.span(node)))


class _Given:
    """The arguments of a call of format, by number or by name; numbers are counted where they are left out."""

    def __init__(
        self, context: Context, node: cst.Call, positional: Sequence[ir.Expr], named: dict[str, ir.Expr]
    ) -> None:
        self.context, self.node, self.positional, self.named = context, node, positional, named
        self.next = 0
        self.used: list[int] = []  # the identities of what fields have named

    def value(self, field: str) -> ir.Expr:
        """The argument that a field names."""
        name, rest = re.match(r"\w*", field), re.search(r"[.\[].*", field)
        if rest is not None:
            self.context.refuse("PCA404", self.node, f"the field '{field}' has no translation", "write an f-string")
        key = name[0] if name is not None else ""
        if not key:
            key, self.next = str(self.next), self.next + 1
        if key.isdigit() and int(key) < len(self.positional):
            found = self.positional[int(key)]
        elif key in self.named:
            found = self.named[key]
        else:
            self.context.refuse("PCA306", self.node, f"format has no value for '{{{field}}}'")
        self.used.append(id(found))
        return found


def _template(given: _Given, text: str) -> _Parts:
    parts: _Parts = []
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError as error:
        given.context.refuse("PCA303", given.node, f"bad format string: {error}")
    for before, field, spec, conversion in pieces:
        parts.append(before)
        if field is not None:
            value = given.value(field)
            nested: _Parts = _template(given, spec) if spec and "{" in spec else [spec or ""]
            made = cast("ir.Conversion", conversion or "")
            parts.append(_with_spec(given.context, given.node, value, made, nested))
    return parts


# ------------------------------------------------------------------------------------------------- %

_DIRECTIVE = re.compile(r"%(?:\((\w+)\))?([-+ 0#]*)(\d+|\*)?(?:\.(\d+|\*))?([diouxXeEfFgGcrsa%])|%")


def lower_percent(context: Context, node: cst.BinaryOperation, text: ir.Expr) -> ir.Expr:
    """`"..." % values`."""
    template = templates.text_of(context, node, text)
    values, behind = _percent_values(context, node.right)
    parts: _Parts = []
    place, used = 0, 0
    for found in _DIRECTIVE.finditer(template):
        parts.append(template[place : found.start()])
        place = found.end()
        name, flags, width, precision, kind = found.groups()
        if kind == "%":
            parts.append("%")
            continue
        if kind is None or kind in "ca" or "*" in (width, precision):
            context.refuse("PCA404", node, f"'{found[0]}' has no translation", "write an f-string")
        value = values(name, used)
        value = value if kind in "rs" else enumerations.plain(context, node, value)
        used += name is None
        parts.append(_directive(context, node, value, flags, width or "", precision, kind))
    parts.append(template[place:])
    if isinstance(node.right, cst.Tuple) and used != len(node.right.elements):
        context.refuse("PCA306", node, "not all arguments converted during string formatting")
    return behind(ir.Format(tuple(part for part in parts if part != ""), STR, context.span(node)))


_Values = tuple[Callable[[str | None, int], ir.Expr], Callable[[ir.Expr], ir.Expr]]


def _percent_values(context: Context, node: cst.BaseExpression) -> _Values:
    """What directives refer to: the items of a dict display or a tuple, or one value; and what comes before."""
    if isinstance(node, cst.Dict):
        named = {
            str(element.key.evaluated_value): context.expression(element.value)
            for element in node.elements
            if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString)
        }
        names, behind = templates.kept(context, list(named.values()))
        values = dict(zip(named, names, strict=True))
        return lambda name, index: values[name] if name in values else _missing(context, node), behind
    if isinstance(node, cst.Tuple):
        elements = [context.expression(element.value) for element in node.elements]
        return lambda name, index: elements[index] if index < len(elements) else _missing(context, node), _as_it_is
    whole = context.expression(node)
    if isinstance(whole.type, ListType) and whole.type.fixed:
        context.refuse("PCA104", node, "how many values this tuple holds is not known", "write an f-string")
    if not isinstance(whole.type, TupleType) or isinstance(whole.type, MixedListType):
        return lambda name, index: whole if name is None and index == 0 else _missing(context, node), _as_it_is
    types = whole.type.elements
    (held,), behind = templates.kept(context, [whole])
    return (
        lambda name, index: (
            ir.Subscript(held, literal(index, whole.span), types[index], whole.span)
            if index < len(types)
            else _missing(context, node)
        ),
        behind,
    )


def _as_it_is(node: ir.Expr) -> ir.Expr:
    return node


def _missing(context: Context, node: cst.CSTNode) -> ir.Expr:
    context.refuse("PCA306", node, "not enough arguments for format string")


def _directive(
    context: Context, node: cst.CSTNode, value: ir.Expr, flags: str, width: str, precision: str | None, kind: str
) -> ir.FormatField:
    """A printf directive as a field."""
    if kind in "dioueEfFgG" and (isinstance(value.type, TensorType) or value.type == ApiType(roles.ARRAY)):
        name = "builtins.int" if kind in "diou" else "builtins.float"
        value = rows.apply_function(context, node, name, [value])
    if kind in "sr" and isinstance(without_none(value.type), TensorType):
        value, kind = tensor_text(context, node, value, "__repr__"), "s"
    if kind in "sr":
        if width and not isinstance(value.type, StrType):
            value = ir.Format((text_of(context, node, value, "r" if kind == "r" else "", ""),), STR, value.span)
            kind = "s"
        align = "" if not width else "<" if "-" in flags else ">"
        cut = "" if precision is None else f".{precision}"
        return text_of(context, node, value, "r" if kind == "r" else "", f"{align}{width}{cut}")
    if not is_number(value.type):
        context.refuse("PCA303", node, f"%{kind} takes a number, not {value.type}")
    if kind in "diu" and value.type == FLOAT:
        value = rows.apply_function(context, node, "builtins.int", [value])
    if kind in "oxX" and not isinstance(value.type, IntType | BoolType):
        context.refuse("PCA303", node, f"%{kind} takes an int, not {value.type}")
    if kind in "diuoxX" and precision is not None:
        context.refuse("PCA404", node, "a precision of an int has no translation", "write an f-string")
    if kind in "eEfFgG" and value.type != FLOAT:
        value = ir.Convert(value, FLOAT, value.span) if value.type == INT else value
    sign = "+" if "+" in flags else " " if " " in flags else ""
    fill = "<" if "-" in flags and width else ""
    zero = "0" if "0" in flags and "-" not in flags else ""
    body = "" if precision is None else f".{precision}"
    alternate = "#" if "#" in flags else ""
    return ir.FormatField(value, "", f"{fill}{sign}{alternate}{zero}{width}{body}{'d' if kind in 'diu' else kind}")
