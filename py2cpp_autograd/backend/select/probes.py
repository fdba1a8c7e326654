"""Recorder lines: what `verify` compares. They are in the probed text only."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.held_types import is_loose
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    DictType,
    FunctionType,
    InstanceType,
    ListType,
    ModuleDictType,
    ModuleListType,
    NoneType,
    OptionalType,
    RangeType,
    StrType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
    is_number,
)

_PROBE = "py2cpp::probe"
#: In the place of what depends on the clock.
_OPAQUE = cpp.Call(cpp.Name(f"{_PROBE}::Opaque"), ())


def is_recorded(selection: Selection, type_: Type) -> bool:
    """Whether both sides record variables of the type; of what may be None and is not compared, whether it is there."""
    match type_:
        case OptionalType(inner=SymbolType() | FunctionType() | InstanceType(kind="enum")):
            return True
        case _:
            return _is_value(selection, type_)


def _is_value(selection: Selection, type_: Type) -> bool:
    """Whether a type is one of what is compared: tensors, modules, numbers, strings and containers of these."""
    match type_:
        case NoneType() | TensorType() | StrType():
            return True
        case InstanceType(name=name) if name in selection.dicts:
            return all(_is_value(selection, held) for held in selection.dicts[name])
        case InstanceType(kind=kind):
            return kind in ("module", "object", "family")
        case ModuleListType() | ModuleDictType():
            return True
        case OptionalType(inner=inner):
            return _is_value(selection, inner)
        case RangeType():
            return False
        case ListType(element=element):
            return _is_value(selection, element)
        case TupleType(elements=elements):
            return all(_is_value(selection, element) for element in elements)
        case DictType(value=value):
            return _is_value(selection, value)
        case ApiType(name=name) if roles.is_recorded(selection.table, name):
            return True
        case _:
            return is_number(type_) or roles.are_modules(selection.table, type_)


def items(selection: Selection, node: ir.Class) -> list[cpp.Declaration]:
    """The member of an object that is a dict which gives its keys and values to the recorder."""
    if not node.keys or not is_recorded(selection, InstanceType(node.name, "object")):
        return []
    pairs = [
        cpp.Call(cpp.Name("std::make_pair"), (key(name), _held(selection, attribute, type_)))
        for name, attribute, type_ in node.keys
    ]
    body = (cpp.Return(cpp.Call(cpp.Name(f"{_PROBE}::items"), tuple(pairs))),)
    made = cpp.Lambda("", (cpp.Parameter("const auto&", "self"),), None, body)
    return [cpp.Probe(cpp.Declare("inline static const auto", "py2cpp_items", made))]


def key(value: str | int) -> cpp.Expr:
    """A key of a dict that is an object."""
    return cpp.String(value) if isinstance(value, str) else cpp.Call(cpp.Name("int64_t"), (cpp.Int(value),))


def _held(selection: Selection, attribute: str, type_: Type) -> cpp.Expr:
    if isinstance(type_, NoneType):
        return cpp.Name("std::nullopt")
    return _as_numbers(cpp.Member(cpp.Name("self"), selection.field(attribute)), type_)


def _as_numbers(value: cpp.Expr, type_: Type) -> cpp.Expr:
    """A value whose doubles may be ints in Python, which the program itself cannot tell apart."""
    return cpp.Call(cpp.Name(f"{_PROBE}::loose"), (value,)) if is_loose(type_) else value


def fields(selection: Selection, node: ir.Class) -> list[cpp.Declaration]:
    """The member of a class that gives the attributes of its objects to the recorder; modules are found in modules."""
    if node.keys:
        return []
    made = []
    for field in node.fields:
        is_child = node.is_module and selection.is_module(field.type)
        if not is_recorded(selection, field.type) or selection.is_boxed(field.type) or is_child:
            continue
        member = _as_numbers(cpp.Member(cpp.Name("self"), selection.field(field.name)), field.type)
        is_late = (".", field.name) in selection.clock.places
        spelled = f"self.{selection.field(field.name)}"
        shown = f"({_PROBE}::loose({spelled}))" if is_loose(field.type) else f"(({spelled}))"
        result = "py2cpp::probe::Opaque" if is_late else f"decltype{shown}"
        body = (cpp.Return(_OPAQUE if is_late else member),)
        get = cpp.Lambda("", (cpp.Parameter("const auto&", "self"),), result, body)
        made.append(cpp.Call(cpp.Name(f"{_PROBE}::field"), (cpp.String(field.name), get)))
    if not made:
        return []
    value = cpp.Call(cpp.Name(f"{_PROBE}::fields"), tuple(made))
    return [cpp.Probe(cpp.Declare("inline static const auto", "py2cpp_fields", value))]


def promised() -> cpp.Probe:
    """The member of a family that its classes give their attributes to the recorder with."""
    return cpp.Probe(cpp.Do(cpp.Call(cpp.Name("PY2CPP_WRITTEN"), (cpp.Name(f"{_PROBE}::Text"),))))


def written() -> cpp.Probe:
    """The member of a class of a family that gives the attributes of its objects to the recorder."""
    return cpp.Probe(cpp.Do(cpp.Call(cpp.Name("PY2CPP_WRITTEN_BY"), (cpp.Name(f"{_PROBE}::write_attributes"),))))


def known(node: ir.Class, name: str) -> list[cpp.Declaration]:
    """The line behind a class of modules: recorders meet modules without their class."""
    if not node.fields:
        return []
    call = cpp.Call(cpp.Name(f"{_PROBE}::know<{name}>"), ())
    return [cpp.Probe(cpp.Declare("[[maybe_unused]] static const bool", f"py2cpp_knows_{name}", call))]


def record(selection: Selection, path: str, target: ir.NameTarget) -> list[cpp.Stmt]:
    """The line behind an assignment; tensors and modules are dumped when the program ends."""
    inner = target.type.inner if isinstance(target.type, OptionalType) else None
    is_node = isinstance(inner, ApiType) and roles.is_nullable(selection.table, inner.name)
    is_object = isinstance(inner, InstanceType) and inner.kind in ("object", "family")
    if not is_recorded(selection, target.type) and (is_node or is_object):
        is_none = cpp.Binary("==", cpp.Name(selection.name(target.name)), cpp.Name("nullptr"))
        return [cpp.Probe(cpp.Do(cpp.Call(cpp.Name(f"{_PROBE}::record_none"), (cpp.String(path), is_none))))]
    if not is_recorded(selection, target.type):
        return []
    return [record_value(selection, path, target.name, target.type)]


def record_value(selection: Selection, path: str, name: str, type_: Type) -> cpp.Stmt:
    """`py2cpp::probe::record("path", name);`."""
    is_late = selection.clock.reaches_variable(name)
    value = _OPAQUE if is_late else _as_numbers(selection.variable(name), type_)
    return cpp.Probe(cpp.Do(cpp.Call(cpp.Name(f"{_PROBE}::record"), (cpp.String(path), value))))


def changes_in_place(type_: Type) -> bool:
    """Whether what a variable of the type holds may change without an assignment: lists, dicts and what has them."""
    match type_:
        case OptionalType(inner=inner):
            return changes_in_place(inner)
        case TupleType(elements=elements):
            return any(map(changes_in_place, elements))
        case _:
            return isinstance(type_, ListType | DictType)


def watch(selection: Selection, path: str, name: str, type_: Type, afar: bool = False) -> list[cpp.Stmt]:
    """The line behind the declaration of a variable whose value changes without a line of the script."""
    if not is_recorded(selection, type_) or selection.clock.reaches_variable(name):
        return []
    variable = selection.name(name)
    watcher = f"watch_{variable}_"
    while watcher in selection.taken:
        watcher += "_"
    given = (cpp.String(path), cpp.Name(variable), *((cpp.Bool(afar),) if afar or is_loose(type_) else ()))
    given += (cpp.Bool(True),) if is_loose(type_) else ()
    return [cpp.Probe(cpp.Declare(f"{_PROBE}::Watch", watcher, None, given))]


def forget(path: str) -> cpp.Stmt:
    """The line behind a `del`."""
    return cpp.Probe(cpp.Do(cpp.Call(cpp.Name(f"{_PROBE}::forget"), (cpp.String(path),))))


def step(line: int) -> cpp.Stmt:
    """The line behind a statement of a script: what it changed is written down where a difference is looked for."""
    return cpp.Probe(cpp.Do(cpp.Call(cpp.Name(f"{_PROBE}::step"), (cpp.Int(line),))))


def printed(selection: Selection, node: ir.Print) -> list[cpp.Stmt]:
    """The line before a print: its arguments as one event."""
    values = []
    for argument in node.arguments:
        made = selection.expression(argument)
        if selection.clock.is_printed(argument):
            made = _OPAQUE
        elif isinstance(argument.type, NoneType):
            made = cpp.Name("std::nullopt")
        elif isinstance(made, cpp.String):
            made = cpp.Call(cpp.Name("std::string"), (made,))
        elif isinstance(made, cpp.Int):
            made = cpp.Brace(cpp.Name("int64_t"), (made,))
        values.append(made)
    return [cpp.Probe(cpp.Do(cpp.Call(cpp.Name(f"{_PROBE}::print"), tuple(values))))]
