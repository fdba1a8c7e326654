"""Expressions: API rows filled, the program's own calls, fields and containers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.names import cpp_name
from py2cpp_autograd.backend.select import conversions, formats, functions_as_values, generators, indexing, python
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.backend.select.declarations import is_plain, no_declaration
from py2cpp_autograd.backend.select.displays import display
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.pattern import parse
from py2cpp_autograd.table.row import Variant
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NoneType,
    OptionalType,
    StrType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
)


def lower(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """The C++ of one expression, with its source span."""
    made = _lower(selection, node)
    return made if made.span is not None else _spanned(made, node)


def _spanned(made: cpp.Expr, node: ir.Expr) -> cpp.Expr:
    return replace(made, span=node.span)


def _lower(selection: Selection, node: ir.Expr) -> cpp.Expr:
    match node:
        case ir.Literal():
            return _literal(node)
        case ir.Name(name=name, checked=True) if name in selection.unsure or isinstance(node.type, TensorType):
            return selection.shim("variable", "assigned", cpp.Name(selection.name(name)), cpp.String(name))
        case ir.Name(name=name):
            return _itself(selection, node) if name == selection.instance else selection.variable(name)
        case ir.Base(type=ApiType(name=roles.MODULE)):
            return cpp.Name("torch::nn::Module")
        case ir.Base(type=type_):
            return cpp.Name(f"{selection.type(type_)}Impl")
        case ir.Apply():
            return apply(selection, node)
        case ir.Call() | ir.New() | ir.FunctionApply() | ir.MethodCall() | ir.CallValue() | ir.StaticCall():
            return _call(selection, node)
        case ir.Started():
            return generators.started(selection, node)
        case ir.ClassAttribute(class_name=class_name, name=name):
            return class_member(selection, class_name, selection.field(name))
        case ir.Field(instance=instance, name=name, checked=True):
            held = place(selection, instance, name, node.type)
            return selection.shim("variable", "attribute", held, cpp.String(name))
        case ir.Field():
            return field(selection, node.instance, node.name, node.type)
        case ir.HasAttribute(instance=instance, name=name, held=held):
            asked = "has_value" if selection.is_late(instance.type, name) else "defined"
            return cpp.Call(cpp.Member(place(selection, instance, name, held), asked), ())
        case ir.ListDisplay() | ir.TupleDisplay() | ir.DictDisplay() | ir.SetDisplay():
            return display(selection, node)
        case ir.Collection(arguments=arguments, type=type_):
            made = tuple(selection.expression(argument) for argument in arguments)
            return cpp.Call(cpp.Name(selection.type(type_)), made)
        case ir.Subscript() | ir.ListSlice() | ir.TensorIndex():
            return indexing.lower(selection, node)
        case ir.Unary() | ir.Binary() | ir.Compare() | ir.Truth():
            return python.lower(selection, node)
        case ir.Format():
            return formats.lower(selection, node)
        case ir.Lambda() | ir.FunctionRef() | ir.Let() | ir.Comprehension():
            return functions_as_values.lower(selection, node)
        case _:
            return _logic(selection, node)


def _logic(selection: Selection, node: ir.Expr) -> cpp.Expr:
    match node:
        case ir.Logical(operator=operator, operands=operands):
            made = selection.expression(operands[0])
            for operand in operands[1:]:
                made = cpp.Binary("&&" if operator == "and" else "||", made, selection.expression(operand))
            return made
        case ir.Conditional(test=test, body=body, orelse=orelse):
            first, second = (_branch(selection, branch, node.type) for branch in (body, orelse))
            return cpp.Ternary(selection.expression(test), first, second)
        case ir.Binding(target=target, value=value):
            bound = cpp.Binary("=", cpp.Name(selection.name(target.name)), selection.expression(value))
            return cpp.Unary("*", bound) if target.name in selection.unsure else bound
        case ir.IsNone(operand=operand, negated=negated):
            return conversions.is_none(selection, operand, negated)
        case ir.IsInstance(operand=operand, class_=InstanceType(kind="object" | "family", name=name)):
            return selection.shim("object", f"is_a<{cpp_name(name)}>", selection.expression(operand))
        case ir.IsInstance(operand=operand, class_=class_):
            return selection.shim("module_tree", f"is<{selection.type(class_)}>", selection.expression(operand))
        case ir.Convert(operand=operand, type=type_):
            return conversions.convert(selection, operand, type_)
        case _:
            raise TypeError(f"no C++ for {type(node).__name__}")


def _literal(node: ir.Literal) -> cpp.Expr:
    match node.value:
        case _ if isinstance(node.type, SymbolType):
            return cpp.Call(cpp.Name("std::monostate"), ())
        case bool(value):
            return cpp.Bool(value)
        case int(value):
            return cpp.Int(value)
        case float(value):
            return cpp.Float(value)
        case complex() as value:
            return cpp.Call(cpp.Name("c10::complex<double>"), (cpp.Float(value.real), cpp.Float(value.imag)))
        case str(value):
            return cpp.String(value)
        case None:
            return cpp.Call(cpp.Name("torch::Tensor"), ())


def _branch(selection: Selection, node: ir.Expr, type_: Type) -> cpp.Expr:
    """A branch of a conditional expression: C++ wants one of them to have the type of the whole."""
    made = typed(selection, node)
    plain = node.operand if isinstance(node, ir.Convert) else node
    spelled = selection.type(type_)
    has_type = isinstance(plain.type, OptionalType | NoneType) or not spelled.startswith("std::optional<")
    return made if has_type else cpp.Call(cpp.Name(spelled), (made,))


def typed(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """An expression whose C++ type is exactly that of its static type, literals included."""
    made = selection.expression(node)
    if isinstance(node.type, IntType):
        return python.exact(made)
    if isinstance(node, ir.Literal | ir.Format) and isinstance(node.type, StrType):
        return selection.call("std::string", made, header="<string>")
    if isinstance(node, ir.Lambda | ir.FunctionRef):
        return cpp.Call(cpp.Name(selection.type(node.type)), (made,))
    return _referred(selection, node, made)


def apply(selection: Selection, node: ir.Apply) -> cpp.Expr:
    """A use of the table."""
    variant = selection.variant(node.row, node.variant)
    given = {argument.parameter: argument.value for argument in node.arguments}
    selects = [partial(select, selection) for select in (receiver, _lvalue, _word)]
    filler = Filler(variant, given, *selects)
    if variant.kind == "hook":
        return selection.hooks[variant.words["hook"]](selection, node, filler)
    if node.form != "call":
        return filler.pattern(node.form)
    if variant.kind == "class":
        return construct(selection, node, filler)
    return filler.pattern("cpp")


def _lvalue(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """A tensor that is written into: C++ takes a variable as it is, and needs help to take anything else."""
    made = selection.expression(node)
    is_variable = isinstance(node, ir.Name) and isinstance(made, cpp.Name)
    return made if is_variable else selection.shim("out", "lvalue", made)


def _word(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """A string whose constant is found when the program runs."""
    return selection.shim("word", "Word", selection.expression(node))


def for_effect(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """An expression whose value nobody takes: its row may have shorter C++ for that."""
    row = selection.table.find(node.row) if isinstance(node, ir.Apply) else None
    if isinstance(node, ir.Apply) and row is not None and "statement" in row.variants[node.variant].words:
        given = {argument.parameter: argument.value for argument in node.arguments}
        return Filler(row.variants[node.variant], given, selection.expression).pattern("statement")
    made = selection.expression(node)
    is_call = isinstance(node, ir.Call | ir.MethodCall | ir.StaticCall)
    return made if is_call and is_plain(made) else no_declaration(made, selection.type(node.type))


def construct(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """The construction of an API class: the arguments of word `args`, or its options alone."""
    variant = filler.variant
    name = selection.type(node.type)
    if "spread" in variant.words:
        modules = filler.given.get(variant.words["spread"])
        if modules is not None and not isinstance(modules, ir.ListDisplay):
            return selection.shim("modules", "sequential", selection.expression(modules))
        elements = modules.elements if isinstance(modules, ir.ListDisplay) else ()
        return cpp.Call(cpp.Name(name), tuple(conversions.as_part(selection, element) for element in elements))
    if "options" in variant.words and _builds(variant, name):
        built = filler.options()
        return filler.fill(_parsed(f"{name}()")) if built is None else built
    made = filler.fill(_parsed(f"{name}({selection.with_headers(_construction(variant))})"))
    factory = filler.factory_options()
    if factory is None or not isinstance(made, cpp.Call):
        return made
    return selection.shim("factory", f"made<{name}>", factory, *made.arguments)


def _construction(variant: Variant) -> str:
    """The arguments of a constructor, with holes: those of word `args`, an options object, or the parameters."""
    if "args" in variant.words:
        return str(variant.words["args"])
    if "options" in variant.words:
        return "options"
    elsewhere = {*variant.absent, *variant.factory}
    return ", ".join(p.name for p in variant.signature.parameters if p.name not in elsewhere)


def _builds(variant: Variant, name: str) -> bool:
    """Whether the options are the object itself: a class with setters that can be chained."""
    match variant.pattern("options"):
        case cpp.Call(callee=cpp.Name(text=text)):
            return text == name
        case _:
            return False


def _parsed(text: str) -> cpp.Expr:
    return parse(text)


def _call(selection: Selection, node: ir.Expr) -> cpp.Expr:
    match node:
        case ir.Call(function=function, arguments=arguments):
            exact = function in selection.overloaded
            values = tuple(typed(selection, a) if exact else argument(selection, a) for a in arguments)
            return cpp.Call(cpp.Name(selection.function(function)), values)
        case ir.New(class_name=name, arguments=arguments):
            if selection.is_module(node.type):
                inherited = base_arguments(selection, arguments[0]) if node.inherits else None
                values = inherited or tuple(argument(selection, a) for a in arguments if not node.inherits)
                return cpp.Call(cpp.Name(cpp_name(name)), values)
            forwarded = tuple(_forwarded(selection, value) for value in arguments)
            return selection.call(f"std::make_shared<{cpp_name(name)}>", *forwarded, header="<memory>")
        case ir.StaticCall(class_name=name, method=method, arguments=arguments):
            values = tuple(argument(selection, a) for a in arguments)
            return cpp.Call(class_member(selection, name, selection.method(method)), values)
        case ir.FunctionApply(class_name=name, arguments=arguments):
            return _function_apply(selection, node, name, arguments)
        case ir.MethodCall(instance=instance, method=method, arguments=arguments):
            values = tuple(argument(selection, a) for a in arguments)
            if isinstance(instance, ir.Name) and instance.name == selection.instance:
                return cpp.Call(cpp.Name(_own(selection, selection.method(method))), values)
            made = selection.expression(instance)
            ahead = isinstance(instance.type, InstanceType) and instance.type.name in selection.ahead
            if method == "forward" and selection.is_module(instance.type) and not ahead:
                return cpp.Call(made, values)
            return cpp.Call(cpp.Member(made, selection.method(method), arrow=True), values)
        case ir.CallValue(callee=callee, arguments=arguments):
            return cpp.Call(selection.expression(callee), tuple(argument(selection, a) for a in arguments))
        case _:
            raise TypeError(f"no call: {type(node).__name__}")


def base_arguments(selection: Selection, construction: ir.Expr) -> tuple[cpp.Expr, ...]:
    """What the constructor of a class of LibTorch takes: the arguments of a construction."""
    made = selection.expression(construction)
    assert isinstance(made, cpp.Call)
    return made.arguments


def _function_apply(
    selection: Selection, node: ir.FunctionApply, name: str, arguments: tuple[ir.Expr, ...]
) -> cpp.Expr:
    """`F::apply` deduces the types of its arguments: each must be exact, and no display."""
    values = []
    for value in arguments:
        made = typed(selection, value)
        if isinstance(made, cpp.Brace) and made.type is None:
            made = cpp.Brace(cpp.Name(selection.type(value.type)), made.elements)
        values.append(made)
    call = cpp.Call(cpp.Name(f"{cpp_name(name)}::apply"), tuple(values))
    if isinstance(node.type, TupleType):
        return selection.shim("autograd", f"to_tuple<{len(node.type.elements)}>", call)
    return call


def _itself(selection: Selection, node: ir.Name) -> cpp.Expr:
    """The object of a method as a value."""
    if not selection.is_module(node.type):
        return cpp.Call(cpp.Name("shared_from_this"), ())
    name = selection.type(node.type)
    pointer = cpp.Call(cpp.Name("shared_from_this"), ())
    return cpp.Call(cpp.Name(name), (selection.call(f"std::static_pointer_cast<{name}Impl>", pointer),))


def receiver(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """An argument of a row: the object of a method is written as C++ does, `this`."""
    if isinstance(node, ir.Name) and node.name == selection.instance and selection.is_module(node.type):
        return cpp.Name("this")
    return selection.expression(node)


def _own(selection: Selection, spelled: str) -> str:
    """A member of the object itself; `this->` where a local name hides it."""
    return f"this->{spelled}" if selection.is_local(spelled) else spelled


def class_member(selection: Selection, class_name: str, spelled: str) -> cpp.Expr:
    """A static member of a class of the program."""
    if class_name == selection.class_name and not selection.is_local(spelled):
        return cpp.Name(spelled)
    suffix = "Impl" if class_name in selection.modules else ""
    return cpp.Name(f"{cpp_name(class_name)}{suffix}::{spelled}")


def _forwarded(selection: Selection, value: ir.Expr) -> cpp.Expr:
    """An argument that C++ forwards: it has its exact type, as no parameter tells it."""
    if isinstance(value.type, NoneType):
        return cpp.Call(cpp.Name(selection.type(value.type)), ())
    if isinstance(value, ir.Convert) and isinstance(value.operand.type, NoneType):
        return cpp.Brace(cpp.Name(selection.type(value.type)), ())
    made = typed(selection, value)
    if isinstance(made, cpp.Brace) and made.type is None:
        return replace(made, type=cpp.Name(selection.type(value.type)))
    return made


def argument(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """An argument of one of the program's functions, whose parameter types C++ knows."""
    if isinstance(node.type, NoneType):
        return cpp.Call(cpp.Name(selection.type(node.type)), ())
    return _referred(selection, node, selection.expression(node))


def _referred(selection: Selection, node: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    """An argument, which the function may take by reference: `f(Normal(0, 1))` has no other place for it."""
    is_reference = isinstance(node.type, ApiType) and selection.parameter_type(node.type, mutated=False).endswith("&")
    if not is_reference or isinstance(node, ir.Name | ir.Field):
        return made
    return selection.shim("out", "lvalue", made)


def field(selection: Selection, instance: ir.Expr, name: str, type_: Type) -> cpp.Expr:
    """The value of an attribute of an instance, or of a custom Function's ctx."""
    made = place(selection, instance, name, type_)
    return cpp.Unary("*", made) if selection.is_boxed(type_) or selection.is_late(instance.type, name) else made


def place(selection: Selection, instance: ir.Expr, name: str, type_: Type) -> cpp.Expr:
    """An attribute as it is declared."""
    if isinstance(instance, ir.Name) and instance.name == selection.instance:
        return cpp.Name(_own(selection, selection.field(name)))
    if isinstance(instance, ir.Name) and instance.name == selection.function_context:
        return _saved(selection, instance, name, type_)
    return cpp.Member(selection.expression(instance), selection.field(name), arrow=selection.is_pointer(instance.type))


_SAVED: dict[type, str] = {
    IntType: "toInt",
    FloatType: "toDouble",
    BoolType: "toBool",
    StrType: "toStringRef",
    TensorType: "toTensor",
}


def _saved(selection: Selection, instance: ir.Name, name: str, type_: Type) -> cpp.Expr:
    saved = cpp.Index(cpp.Member(selection.expression(instance), "saved_data", arrow=True), cpp.String(name))
    match type_:
        case ListType(element=TensorType()):
            return cpp.Call(cpp.Member(saved, "toTensorVector"), ())
        case ListType(element=IntType()):
            return cpp.Call(cpp.Member(saved, "toIntVector"), ())
        case ListType(element=FloatType()):
            return cpp.Call(cpp.Member(saved, "toDoubleVector"), ())
        case OptionalType(inner=TensorType()):
            return cpp.Call(cpp.Member(saved, "toTensor"), ())
        case _:
            return cpp.Call(cpp.Member(saved, _SAVED[type(type_)]), ())
