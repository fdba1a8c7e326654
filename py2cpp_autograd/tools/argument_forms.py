"""The shapes that a C++ call of a row can have when printed: which arguments are written, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from py2cpp_autograd import cpp
from py2cpp_autograd.table import signature as sig

#: The texts of a call's arguments.
Form = tuple[str, ...]

PREAMBLE = """#include <torch/torch.h>
#include <ATen/ScalarOps.h>
using c10::OptionalIntArrayRef;
extern at::Tensor t; extern int64_t i; extern double d; extern bool b; extern std::string s; extern at::ScalarType dt;
extern at::Device dev; extern at::Generator g; extern at::Layout lay; extern at::MemoryFormat mf;
extern std::vector<int64_t> vi; extern std::vector<double> vd; extern std::vector<at::Tensor> vt;
extern std::optional<int64_t> oi; extern std::optional<double> od; extern std::optional<bool> ob;"""

_LITERALS: dict[str, tuple[str, ...]] = {
    "Tensor": ("t",),
    "Out": ("t",),
    "int": ("1", "0"),
    "float": ("0.5", "1.0"),
    "bool": ("true", "false"),
    "str": ('"x"',),
    "Scalar": ("1", "0.5", "0", "true"),
    "dtype": ("at::kFloat",),
    "device": ("at::kCPU",),
    "Generator": ("g",),
    "Layout": ("lay",),
    "MemoryFormat": ("mf",),
    "None": ("{}",),
}
_VARIABLES: dict[str, tuple[str, ...]] = {
    **_LITERALS,
    "int": ("i",),
    "float": ("d",),
    "bool": ("b",),
    "str": ("s",),
    "Scalar": ("d", "i", "b"),
    "dtype": ("dt",),
    "device": ("dev",),
}
_LETTERS = {"int": "i", "float": "d", "bool": "b", "Tensor": "t"}


def literals(type_: sig.SigType) -> tuple[str, ...]:
    """How literals of a type are printed."""
    match type_:
        case sig.Word(name):
            return _LITERALS[name]
        case sig.Maybe(inner):
            return literals(inner)
        case sig.Sequence(element, _):
            items = literals(element)
            return (*(f"{{{item}}}" for item in items), f"{{{items[0]}, {items[0]}}}")
    raise ValueError(f"no literals of type {type_}")


def variables(type_: sig.SigType) -> tuple[str, ...]:
    """Variables of a type."""
    match type_:
        case sig.Word(name):
            return _VARIABLES[name]
        case sig.Maybe(sig.Word(name)) if name in ("int", "float", "bool"):
            return (*_VARIABLES[name], f"o{_LETTERS[name]}")
        case sig.Maybe(inner) | sig.Sequence(sig.Maybe(inner), _):
            return variables(inner if isinstance(type_, sig.Maybe) else sig.Sequence(inner, None))
        case sig.Sequence(sig.Word(name), _):
            return (f"v{_LETTERS[name]}",)
    raise ValueError(f"no variables of type {type_}")


def none(type_: sig.SigType) -> str:
    """How None is printed for a type."""
    inner = type_.inner if isinstance(type_, sig.Maybe) else type_
    return "{}" if inner == sig.Word("Tensor") or isinstance(inner, sig.Sequence) else "std::nullopt"


def default(type_: sig.SigType, value: object) -> str:
    """How a default is printed."""
    match type_, value:
        case _, None:
            return none(type_)
        case sig.Maybe(inner), _:
            return default(inner, value)
        case sig.Sequence(element, _), tuple(items):
            return f"{{{', '.join(default(element, item) for item in items)}}}"
        case sig.Sequence(element, _), _:
            return f"{{{default(element, value)}}}"
        case _, bool():
            return str(value).lower()
        case sig.Word("float"), int():
            return repr(float(value))
        case _, str():
            return f'"{value}"'
    return repr(value)


class _Argument:
    """An argument of a pattern: a hole, perhaps converted to a type or always written, or fixed text."""

    def __init__(self, signature: sig.Signature, node: cpp.Expr) -> None:
        self.wrapper: str | None = None
        self.fixed: str | None = None
        self.parameter: sig.Parameter | None = None
        self.droppable = False
        match node:
            case cpp.Name(text="options"):
                self.fixed, self.droppable = "torch::dtype(at::kFloat)", True
            case cpp.Name(text=text):
                self.parameter = signature.parameter(text)
                self.droppable = self.parameter is not None and self.parameter.has_default
            case cpp.Commented(value=cpp.Name(text="std::nullopt" as text)):
                self.fixed = text
            case cpp.Commented(value=cpp.Name(text=text)):
                self.parameter = signature.parameter(text)
            case cpp.Index() | cpp.Call(callee=cpp.Name(text="py2cpp::written")):
                self.fixed = "t"
            case cpp.Call(callee=cpp.Name(text=wrapper), arguments=(cpp.Name(text=text),)):
                self.wrapper, self.parameter = wrapper, signature.parameter(text)
            case cpp.Call(callee=cpp.Name(text=text), arguments=()):
                self.fixed = f"{text}()"
        if self.fixed is None and self.parameter is None:
            raise ValueError(f"no parameter for {node} in {signature}")

    def given(self, forms: Callable[[sig.SigType], tuple[str, ...]], turn: int) -> str:
        """The `turn`th way to write a given value."""
        if self.parameter is None:
            return self.fixed or ""
        found = forms(self.parameter.type)
        return self._wrapped(found[turn % len(found)])

    def omitted(self) -> str:
        """What is written for an omitted argument in the middle."""
        if self.parameter is None:
            return "{}" if self.droppable else self.fixed or ""
        if not self.parameter.has_default:
            return self.given(literals, 0)
        return self._wrapped(default(self.parameter.type, self.parameter.default))

    def absent(self) -> str | None:
        """What is written for None."""
        if self.parameter is None or not isinstance(self.parameter.type, sig.Maybe):
            return None
        return self._wrapped(none(self.parameter.type))

    def _wrapped(self, text: str) -> str:
        return text if self.wrapper is None else f"{self.wrapper}({text})"


def forms_of(signature: sig.Signature, nodes: Sequence[cpp.Expr]) -> set[Form]:
    """The shapes of a call whose pattern has the arguments `nodes`: trailing omitted ones are dropped."""
    arguments = [_Argument(signature, node) for node in nodes]
    found = set(_shapes(arguments))
    while arguments and arguments[-1].droppable:
        arguments.pop()
        found |= set(_shapes(arguments))
    return found


def _shapes(arguments: Sequence[_Argument]) -> Iterator[Form]:
    for turn in range(4):
        for forms in (literals, variables):
            yield tuple(argument.given(forms, turn) for argument in arguments)
            if arguments:
                yield (*(argument.omitted() for argument in arguments[:-1]), arguments[-1].given(forms, turn))
    for place, argument in enumerate(arguments):
        absent = argument.absent()
        if absent is not None:
            given = [other.given(literals, 0) for other in arguments]
            yield (*given[:place], absent, *given[place + 1 :])
