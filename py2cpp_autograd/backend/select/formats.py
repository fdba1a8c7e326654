"""f-strings and what `print` writes."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select import python
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    STR,
    ApiType,
    DequeType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NoneType,
    OptionalType,
    OrderedDictType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_number,
)


def lower(selection: Selection, node: ir.Format) -> cpp.Expr:
    """The string that an f-string makes."""
    parts = [_part(selection, part) for part in node.parts if part != ""]
    if not parts:
        return selection.call("std::string", header="<string>")
    made = parts[0]
    if isinstance(made, cpp.String) and (len(parts) == 1 or isinstance(parts[1], cpp.String)):
        made = selection.call("std::string", made, header="<string>")
    for part in parts[1:]:
        made = cpp.Binary("+", made, part)
    return made


def _part(selection: Selection, part: str | ir.FormatField) -> cpp.Expr:
    if isinstance(part, str):
        return cpp.String(part)
    value = selection.expression(part.value)
    if isinstance(part.value.type, NoneType) and not part.spec and part.computed is None:
        return cpp.String("None")
    if isinstance(part.value.type, NoneType):
        return _formatted(selection, part, selection.call("std::string", cpp.String("None"), header="<string>"))
    if isinstance(part.value.type, IntType):
        value = python.exact(value)
    if isinstance(part.value, ir.Literal) and isinstance(part.value.type, StrType):
        value = selection.call("std::string", value, header="<string>")
    formatted = bool(part.spec) or part.computed is not None
    if part.conversion in {"r", "a"} and not isinstance(part.value.type, OrderedDictType):
        value = selection.shim("format", "repr", value)
    elif part.conversion and not isinstance(part.value.type, StrType):
        value = _text(selection, part.value, value)
    elif isinstance(part.value.type, TensorType):
        return selection.shim("item", "format", value, _spec(selection, part))
    if formatted:
        return _formatted(selection, part, value)
    return value if part.conversion or isinstance(part.value.type, StrType) else _text(selection, part.value, value)


def _spec(selection: Selection, part: ir.FormatField) -> cpp.Expr:
    return cpp.String(part.spec) if part.computed is None else selection.expression(part.computed)


def _formatted(selection: Selection, part: ir.FormatField, value: cpp.Expr) -> cpp.Expr:
    return selection.shim("format", "format", value, _spec(selection, part))


def _text(selection: Selection, node: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    """`str(value)`."""
    if isinstance(node.type, NoneType):
        return cpp.String("None")
    return selection.shim("format", _to_text(node.type), made)


def _to_text(type_: Type) -> str:
    """What makes the text of a value."""
    return "ordered_str" if isinstance(type_, OrderedDictType) else "str"


def print_stream(selection: Selection, node: ir.Print) -> cpp.Expr:
    """`std::cout << ...`: for people to read, so C++'s own formats will do."""
    selection.headers.add("<iostream>")
    texts: list[cpp.Expr] = []
    for index, argument in enumerate(node.arguments):
        if index and node.separator:
            texts.append(cpp.String(node.separator))
        texts += _shown(selection, argument)
    if node.end:
        texts.append(cpp.String(node.end))
    stream: cpp.Expr = cpp.Name("std::cout")
    for text in _merged(texts):
        stream = cpp.Binary("<<", stream, text)
    return stream


def _merged(texts: list[cpp.Expr]) -> list[cpp.Expr]:
    """Adjacent literals as one."""
    merged: list[cpp.Expr] = []
    for text in texts:
        if merged and isinstance(text, cpp.String) and isinstance(merged[-1], cpp.String):
            merged[-1] = cpp.String(merged[-1].value + text.value)
        else:
            merged.append(text)
    return merged


def _shown(selection: Selection, node: ir.Expr) -> list[cpp.Expr]:
    if isinstance(node, ir.Format):
        return [_part(selection, part) for part in node.parts if part != ""]
    if isinstance(node, ir.Convert) and not isinstance(node.type, FloatType):
        return _shown(selection, node.operand)
    if isinstance(node, ir.Apply) and roles.is_size(selection.table, node.row, node.variant, node.form):
        variant = selection.variant(roles.SIZE_TEXT, 0)
        return [Filler(variant, {variant.self_name: node}, selection.expression).pattern("cpp")]
    match node.type:
        case StrType() | TensorType() | OptionalType(inner=TensorType()):
            return [selection.expression(node)]
        case ListType(fixed=True) if _has_text(node.type):
            return [selection.shim("format", "tuple_str", selection.expression(node))]
        case ListType(element=ListType(fixed=True) as inner, fixed=False) if _has_text(inner):
            return [selection.shim("format", "tuples_str", selection.expression(node))]
        case TupleType() | DictType() | ListType() | SetType() if _has_text(node.type):
            return [selection.shim("format", _to_text(node.type), selection.expression(node))]
        case InstanceType(name=name) if name in selection.dicts:
            return [selection.expression(ir.MethodCall(node, "__repr__", (), STR, node.span))]
        case OptionalType(inner=inner) if _has_text(inner):
            return [selection.shim("format", "str", selection.expression(node))]
        case DictType() if type(node.type) is not DictType:
            return [_scalar(selection, node)]
        case ListType() | TupleType() | OptionalType() | DictType():
            return [selection.shim("format", "show", selection.expression(node))]
        case ApiType(name=roles.ARRAY):
            return [selection.expression(node)]
        case ApiType(name="builtins.Exception"):
            return [selection.shim("exceptions", "text", selection.expression(node))]
        case ApiType() if selection.table.attribute(node.type, "__str__") is not None:
            return [_api_text(selection, node)]
        case _:
            return [_scalar(selection, node)]


def _api_text(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """The text of an instance of an API class, by its row for `__str__`."""
    row = selection.table.attribute(node.type, "__str__")
    assert row is not None
    variant = selection.variant(row.key, 0)
    return Filler(variant, {variant.self_name: node}, selection.expression).pattern("cpp")


def _has_text(type_: Type) -> bool:
    """Whether `py2cpp::str` shows the value: containers of numbers and strings."""
    match type_:
        case ListType(element=element):
            return type(type_) in (ListType, DequeType) and _item_has_text(element)
        case TupleType(elements=elements):
            return all(map(_item_has_text, elements))
        case SetType(element=element):
            return _has_text(element)
        case DictType(key=key, value=value):
            return _has_text(key) and _item_has_text(value)
        case _:
            return is_number(type_) or isinstance(type_, StrType)


def _item_has_text(type_: Type) -> bool:
    """Whether `py2cpp::str` shows an item: lists stand for tuples there, too, which Python shows in parentheses."""
    if isinstance(type_, ListType) and type_.fixed:
        return False
    return _has_text(type_.inner if isinstance(type_, OptionalType) else type_)


def _scalar(selection: Selection, node: ir.Expr) -> cpp.Expr:
    made = selection.expression(node)
    if str(node.type) == "float":
        return selection.shim("format", "str", made)
    if str(node.type) == "bool":
        selection.headers.add("<iostream>")
        if isinstance(made, cpp.Bool):
            return cpp.String(str(made.value))
        return cpp.Ternary(made, cpp.String("True"), cpp.String("False"))
    if str(node.type) == "int":
        return made
    if isinstance(node.type, NoneType):
        return cpp.String("None")
    return cpp.String(f"<{node.type}>")
