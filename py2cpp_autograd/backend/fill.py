"""Fills a row's C++ pattern: holes by parameter name, values by parameter type, omitted arguments by C++'s defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.table import signature as sig
from py2cpp_autograd.table.pattern import names
from py2cpp_autograd.table.roles import ANY_MODULE
from py2cpp_autograd.table.row import TENSOR_OPTIONS, Variant
from py2cpp_autograd.types import (
    ApiType,
    InstanceType,
    ListType,
    NoneType,
    OptionalType,
    StrType,
    TensorType,
    TupleType,
)

#: How an IR expression becomes a C++ one.
Select = Callable[[ir.Expr], cpp.Expr]

_EMPTY = cpp.Brace(None, ())
_NULLOPT = cpp.Name("std::nullopt")
#: An empty list of a type: `{}` may as well be no dtype, or no list at all, for another overload.
_NO_INTS = cpp.Brace(cpp.Name("torch::IntArrayRef"), ())
#: The same as an element of a list.
_NO_SIZES = cpp.Brace(cpp.Name("std::vector<int64_t>"), ())


@dataclass(frozen=True)
class Filler:
    """One application of a variant: which parameters were given, and how to print their values."""

    variant: Variant
    given: Mapping[str, ir.Expr]
    select: Select
    lvalue: Select | None = None  # the same, of a tensor that a call writes into
    word: Select | None = None  # the same, of a string that names a constant of C++

    def pattern(self, word: str) -> cpp.Expr:
        """The filled pattern of one of the row's words."""
        tree = self.variant.pattern(word)
        assert tree is not None
        return self.fill(tree)

    # ------------------------------------------------------------------------------------------- holes

    def _is_hole(self, name: str) -> bool:
        return self.variant.signature.parameter(name) is not None or name in self.given

    def fill(self, node: cpp.Expr) -> cpp.Expr:
        """A pattern with its holes filled."""
        match node:
            case cpp.Name(text="options") if "options" in self.variant.words:
                return self.options() or _EMPTY
            case cpp.Name(text=name) if self._is_hole(name):
                return self._whole(name)
            case cpp.Call(callee=callee, arguments=arguments):
                return cpp.Call(self._receiver(callee, "forward"), self._arguments(arguments))
            case cpp.Brace(type=type_, elements=elements):
                return cpp.Brace(type_, tuple(self.fill(element) for element in elements))
            case cpp.Member(object=inner, name=name, arrow=arrow):
                made = self._receiver(inner, name)
                if isinstance(inner, cpp.Name) and isinstance(self.given.get(inner.text), ir.Base):
                    return made
                if arrow and self._is_of_any_class(inner):
                    made = cpp.Call(cpp.Member(made, "ptr"), ())
                if isinstance(made, cpp.Unary) and made.operator == "*" and not arrow:
                    return cpp.Member(made.operand, name, True)
                return cpp.Member(made, name, arrow)
            case cpp.Index(object=cpp.Name(text=name), index=cpp.Int(value=place)) if name in self.given:
                return self._item(self.given[name], place)
            case cpp.Index(object=inner, index=index):
                return cpp.Index(self.fill(inner), self.fill(index))
            case cpp.Unary(operator=operator, operand=operand):
                return cpp.Unary(operator, self.fill(operand))
            case cpp.Binary(operator=operator, left=left, right=right):
                return cpp.Binary(operator, self.fill(left), self.fill(right))
            case cpp.Ternary(test=test, body=body, orelse=orelse):
                return cpp.Ternary(self.fill(test), self.fill(body), self.fill(orelse))
            case cpp.Commented(name=name, value=value):
                return cpp.Commented(name, self.fill(value))
            case _:
                return node

    def _is_of_any_class(self, node: cpp.Expr) -> bool:
        """Whether a hole is filled with a module of any class, which is no pointer to one."""
        given = self.given.get(node.text) if isinstance(node, cpp.Name) else None
        return given is not None and given.type == ApiType(ANY_MODULE)

    def _receiver(self, node: cpp.Expr, member: str) -> cpp.Expr:
        """What a member is taken of, or what is called; of the object as one of its base class, the member itself."""
        if not isinstance(node, cpp.Name) or not self._is_hole(node.text):
            return self.fill(node)
        made = self.value(node.text)
        if not isinstance(self.given.get(node.text), ir.Base):
            return made
        assert isinstance(made, cpp.Name)
        return cpp.Name(f"{made.text}::{member}")

    def _whole(self, name: str) -> cpp.Expr:
        """A parameter as an argument of C++; an object whose class derives from a layer's as one of the layer's."""
        given, parameter = self.given.get(name), self.variant.signature.parameter(name)
        layer = isinstance(given, ir.Base) or (given is not None and isinstance(given.type, InstanceType))
        wanted = None if parameter is None else parameter.type
        if given is None or not layer or not isinstance(wanted, sig.Word):
            return self.value(name)
        base = given.type.base if isinstance(given.type, InstanceType) else str(given.type)
        is_open = wanted.name != base and not isinstance(given, ir.Base)
        return self.value(name) if is_open else self.select(ir.Convert(given, ApiType(str(base)), given.span))

    def value(self, name: str) -> cpp.Expr:
        """The value of a parameter: the given one, or its default."""
        parameter = self.variant.signature.parameter(name)
        if name in self.given:
            return self.given_value(None if parameter is None else parameter.type, self.given[name])
        assert parameter is not None
        return default_value(parameter.type, parameter.default)

    def _item(self, value: ir.Expr, place: int) -> cpp.Expr:
        """One of the tensors that a call writes into."""
        if isinstance(value, ir.ListDisplay | ir.TupleDisplay):
            return (self.lvalue or self.select)(value.elements[place])
        if isinstance(value.type, TupleType):
            return cpp.Call(cpp.Name(f"std::get<{place}>"), (self.select(value),))
        return cpp.Index(self.select(value), cpp.Int(place))

    def _arguments(self, nodes: tuple[cpp.Expr, ...]) -> tuple[cpp.Expr, ...]:
        """Arguments of a C++ call: trailing omitted ones are left to C++, omitted ones in between are named."""
        count = len(nodes)
        while count and self._is_omitted(nodes[count - 1]):
            count -= 1
        return tuple(self._argument(node, len(nodes) > 1) for node in nodes[:count])

    def _is_omitted(self, node: cpp.Expr) -> bool:
        if not isinstance(node, cpp.Name):
            return False
        if node.text == "options" and "options" in self.variant.words:
            return self.options() is None
        return self.variant.signature.parameter(node.text) is not None and node.text not in self.given

    def _argument(self, node: cpp.Expr, named: bool) -> cpp.Expr:
        if isinstance(node, cpp.Call) and len(node.arguments) == 1:
            # A conversion is written, and with it what it converts, also where that is the default.
            return cpp.Call(self.fill(node.callee), (self.fill(node.arguments[0]),))
        value = self.fill(node)
        if not isinstance(node, cpp.Name) or not named or not self._is_hole(node.text):
            return value
        unclear = isinstance(value, cpp.Bool) or value in (_EMPTY, _NULLOPT) or node.text not in self.given
        return cpp.Commented(node.text, value) if unclear else value

    # ----------------------------------------------------------------------------------------- options

    def options(self) -> cpp.Expr | None:
        """The options object, or None when C++'s defaults say the same."""
        if self.variant.has_tensor_options:
            return self._tensor_options()
        builder = self.variant.pattern("options")
        assert isinstance(builder, cpp.Call | cpp.Name)
        arguments = builder.arguments if isinstance(builder, cpp.Call) else ()
        head = builder.callee if isinstance(builder, cpp.Call) else builder
        positional = frozenset(filter(self._is_hole, frozenset[str]().union(*map(names, arguments))))
        elsewhere = self._outside_options() | positional | set(self.variant.absent) | self.variant.ignored
        elsewhere |= set(self.variant.factory)
        extra = [name for name in self._in_order() if name not in elsewhere and not self._is_default_none(name)]
        if not extra and not positional:
            return None
        made: cpp.Expr = cpp.Call(head, tuple(map(self._option, arguments)))
        for name in extra:
            made = cpp.Call(cpp.Member(made, name), (self._option(cpp.Name(name)),))
        return made

    def _option(self, node: cpp.Expr) -> cpp.Expr:
        """An argument of an options object, where one number stands for as many as there are dimensions."""
        parameter = self.variant.signature.parameter(node.text) if isinstance(node, cpp.Name) else None
        written = None if parameter is None else self.given.get(parameter.name)
        if parameter is not None and isinstance(parameter.type, sig.Product) and isinstance(written, ir.TupleDisplay):
            pairs = zip(parameter.type.elements, written.elements, strict=True)
            return cpp.Brace(None, tuple(self._element(type_, item) for type_, item in pairs), written.span)
        value = self.fill(node)
        if parameter is None or not isinstance(value, cpp.Brace) or len(value.elements) != 1:
            return value
        given = self.given.get(parameter.name)
        is_number = given is not None and not isinstance(given.type, ListType | TupleType)
        dimensions = _dimensions(parameter.type)
        return value.elements[0] if dimensions == 1 or (is_number and dimensions is not None) else value

    def _in_order(self) -> list[str]:
        return [parameter.name for parameter in self.variant.signature.parameters if parameter.name in self.given]

    def _is_default_none(self, name: str) -> bool:
        """Whether None is given where it is the default: the builder's own default says the same."""
        parameter = self.variant.signature.parameter(name)
        return isinstance(self.given[name].type, NoneType) and parameter is not None and parameter.default is None

    def _outside_options(self) -> set[str]:
        found: set[str] = set()
        for word in ("cpp", "class", "args"):
            tree = self.variant.arguments() if word == "args" else self.variant.pattern(word)
            found |= names(tree) if tree is not None else set()
        return found

    def factory_options(self) -> cpp.Expr | None:
        """The dtype and device that a constructor makes its tensors with; None where they are the default ones."""
        return self._tensor_options(frozenset(self.variant.factory))

    def _tensor_options(self, names: frozenset[str] = frozenset(TENSOR_OPTIONS)) -> cpp.Expr | None:
        made: cpp.Expr | None = None
        for name in TENSOR_OPTIONS:
            if name not in names or name not in self.given or isinstance(self.given[name].type, NoneType):
                continue
            value = self.value(name)
            if names != frozenset(TENSOR_OPTIONS) and value == cpp.Name("torch::kCPU"):
                continue
            if name in ("requires_grad", "pin_memory") and value == cpp.Bool(False):
                continue
            if made is None and name == "requires_grad" and value == cpp.Bool(True):
                made = cpp.Call(cpp.Name("torch::requires_grad"), ())
            elif made is None and name != "pin_memory":
                made = cpp.Call(cpp.Name(f"torch::{name}"), (value,))
            else:
                made = made or cpp.Call(cpp.Name("torch::TensorOptions"), ())
                made = cpp.Call(cpp.Member(made, _OPTION_SETTERS.get(name, name)), (value,))
        return made

    # ------------------------------------------------------------------------------------------ values

    def given_value(self, wanted: sig.SigType | None, value: ir.Expr) -> cpp.Expr:
        """A given value as the C++ parameter takes it."""
        match wanted, value:
            case (sig.Maybe(inner), _) if isinstance(value.type, NoneType):
                return none_of(inner)
            case (sig.Maybe(inner), _):
                return self.given_value(inner, value)
            case (sig.Either(options), _):
                return self.given_value(_option_for(options, value), value)
            case (sig.Sequence(element), _) if _is_generic(element):
                return self.select(value)
            case (sig.Sequence(sig.Word("int")), ir.ListDisplay(elements=()) | ir.TupleDisplay(elements=())):
                return _EMPTY if self.variant.has_tensor_options else _NO_INTS
            case (sig.Sequence(element, _), ir.ListDisplay(elements=elements) | ir.TupleDisplay(elements=elements)):
                return cpp.Brace(None, tuple(self._element(element, item) for item in elements), value.span)
            case (sig.Sequence(element, _), _) if not isinstance(value.type, ListType | TupleType | OptionalType) or (
                isinstance(value.type, OptionalType) and isinstance(value.type.inner, TensorType)
            ):
                return cpp.Brace(None, (self._element(element, value),), value.span)
            case (sig.Word("Out"), _):
                return (self.lvalue or self.select)(value)
            case (sig.Literals(), ir.Literal(value=str(text))):
                return cpp.Name(f"torch::k{_camel(text)}", value.span)
            case (sig.Literals(), _):
                return (self.word or self.select)(value)
            case (sig.Word("float"), ir.Literal(value=int(number))):
                return cpp.Float(float(number), value.span)
            case (sig.Word("device"), ir.Literal(value=str(text))):
                return _device(text, value)
            case (sig.Word("device"), _) if isinstance(value.type, StrType):
                return cpp.Call(cpp.Name("torch::Device"), (self.select(value),))
            case (sig.Word("Tensor"), _) if isinstance(value.type, NoneType):
                return cpp.Call(cpp.Name("torch::Tensor"), ())
            case _:
                return self.select(value)

    def _element(self, wanted: sig.SigType, value: ir.Expr) -> cpp.Expr:
        """An element of a braced list, where `{}` would not say what is missing."""
        if isinstance(wanted, sig.Maybe) and isinstance(value.type, NoneType):
            return cpp.Call(cpp.Name("torch::Tensor"), ()) if wanted.inner == sig.Word("Tensor") else _NULLOPT
        made = self.given_value(wanted, value)
        return _NO_SIZES if made == _NO_INTS else made


def _option_for(options: tuple[sig.SigType, ...], value: ir.Expr) -> sig.SigType:
    """The option that a value is spelled as: a list's where it is a list."""
    is_list = isinstance(value.type, ListType | TupleType)
    return next((option for option in options if isinstance(option, sig.Sequence) == is_list), options[0])


def _is_generic(element: sig.SigType) -> bool:
    """Whether a list's elements are of any type, which C++ finds out from the list's own."""
    match element:
        case sig.Sequence(inner):
            return _is_generic(inner)
        case sig.Product(parts):
            return any(map(_is_generic, parts))
        case _:
            return isinstance(element, sig.Variable)


def _dimensions(type_: sig.SigType) -> int | None:
    """The fixed number of dimensions that a list has a number for, a `torch::ExpandingArray`; None for other types."""
    match type_:
        case sig.Maybe(inner):
            return _dimensions(inner)
        case sig.Sequence(sig.Word("int") | sig.Maybe(sig.Word("int")), size):
            return size
        case _:
            return None


_OPTION_SETTERS = {"pin_memory": "pinned_memory"}


def _device(text: str, value: ir.Expr) -> cpp.Expr:
    known = {"cpu": "torch::kCPU", "cuda": "torch::kCUDA"}
    if text in known:
        return cpp.Name(known[text], value.span)
    return cpp.Call(cpp.Name("torch::Device"), (cpp.String(text),), value.span)


#: Words that LibTorch's constants spell in a way of their own.
_SPELLED = {"batchmean": "BatchMean", "relu": "ReLU", "leaky_relu": "LeakyReLU"}


def _camel(text: str) -> str:
    if text in _SPELLED:
        return _SPELLED[text]
    if text.startswith("conv") and text.endswith("d"):
        text = f"{text[:-1]}D"
    return "".join(word[:1].upper() + word[1:] for word in text.replace("-", "_").split("_"))


def none_of(inner: sig.SigType) -> cpp.Expr:
    """None for a parameter that may be left open."""
    return _EMPTY if inner == sig.Word("Tensor") or isinstance(inner, sig.Sequence) else _NULLOPT


def default_value(type_: sig.SigType, value: object) -> cpp.Expr:
    """The default of a parameter, spelled in C++."""
    match type_, value:
        case (sig.Maybe(inner), None):
            return none_of(inner)
        case (sig.Maybe(inner), _):
            return default_value(inner, value)
        case (sig.Either(options), _):
            is_list = isinstance(value, tuple | list)
            found = (option for option in options if isinstance(option, sig.Sequence) == is_list)
            return default_value(next(found, options[0]), value)
        case (sig.Literals(), str(text)):
            return cpp.Name(f"torch::k{_camel(text)}")
        case (sig.Sequence(element, _), tuple(items) | list(items)):
            return cpp.Brace(None, tuple(default_value(element, item) for item in items))
        case (sig.Sequence(element, _), _):
            return cpp.Brace(None, (default_value(element, value),))
        case (_, bool(flag)):
            return cpp.Bool(flag)
        case (sig.Word("float"), int(number)):
            return cpp.Float(float(number))
        case (_, int(number)):
            return cpp.Int(number)
        case (_, float(real)):
            return cpp.Float(real)
        case (_, str(text)):
            return cpp.String(text)
        case _:
            return _EMPTY
