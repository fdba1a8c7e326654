"""Python source text for the values of torch's sample inputs, and for the forms in which an operator is called."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import torch

#: The infix spelling of functions; the first two arguments are the operands.
_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "true_divide": "/", "floor_divide": "//", "remainder": "%",
    "pow": "**", "matmul": "@", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^",
    "bitwise_left_shift": "<<", "bitwise_right_shift": ">>",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_REFLECTED = {
    "__radd__": "+", "__rsub__": "-", "__rmul__": "*", "__rdiv__": "/", "__rmod__": "%", "__rpow__": "**",
    "__rmatmul__": "@", "__rand__": "&", "__ror__": "|", "__rxor__": "^",
}  # fmt: skip
_PREFIX = {"neg": "-", "bitwise_not": "~", "positive": "+"}
_PROPERTIES = ("H", "T", "mH", "mT", "real", "imag")
_NAMES = "abcdefgh"
_FUNCTIONAL = "nn.functional."


class Unspellable(Exception):
    """A value that has no short literal, or an operator that has no such form; the text says why."""


@dataclass
class Inputs:
    """The tensors of one call: each becomes a variable."""

    tensors: list[torch.Tensor] = field(default_factory=list)
    detached: bool = False  # whether the variables are without gradients

    def name(self, tensor: torch.Tensor) -> str:
        """The variable of a tensor: the same for the same tensor."""
        for number, known in enumerate(self.tensors):
            if known is tensor:
                return tensor_name(number)
        self.tensors.append(tensor)
        return tensor_name(len(self.tensors) - 1)

    def lines(self) -> Iterator[str]:
        """The statements that make the variables."""
        for number, tensor in enumerate(self.tensors):
            yield f"{tensor_name(number)} = {tensor_text(tensor.detach() if self.detached else tensor)}"

    def differentiable(self) -> list[str]:
        """The variables that gradients flow to."""
        return [tensor_name(number) for number, tensor in enumerate(self.tensors) if tensor.requires_grad]


def tensor_name(number: int) -> str:
    """The variable of the tensor of that number."""
    return _NAMES[number] if number < len(_NAMES) else f"t{number}"


def tensor_text(tensor: torch.Tensor) -> str:
    """The call that makes a tensor of the same bits; raises Unspellable."""
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise Unspellable("a sparse or quantized input")
    options = [f"dtype={tensor.dtype}"] + ["requires_grad=True"] * tensor.requires_grad
    if tensor.numel() == 0 and tensor.shape != (0,):
        return f"torch.zeros({tuple(tensor.shape)}, {', '.join(options)})"
    return f"torch.tensor({plain_text(tensor.detach().resolve_conj().resolve_neg().tolist())}, {', '.join(options)})"


def plain_text(value: object) -> str:
    """The literal of a number, a word or nested lists of these; raises Unspellable."""
    match value:
        case None | bool() | int() | str():
            return repr(value)
        case float():
            return _float(value)
        case complex():
            return _complex(value)
        case list():
            return f"[{', '.join(map(plain_text, value))}]"
        case _:
            raise Unspellable(f"a {type(value).__name__} argument")


def _float(value: float) -> str:
    if math.isnan(value):
        return 'float("nan")'
    if math.isinf(value):
        return 'float("inf")' if value > 0 else '-float("inf")'
    return repr(value)


def _complex(value: complex) -> str:
    if not (math.isfinite(value.real) and math.isfinite(value.imag)):
        return f"complex({_float(value.real)}, {_float(value.imag)})"
    sign = "-" if math.copysign(1.0, value.imag) < 0 else "+"
    return f"{value.real!r} {sign} {abs(value.imag)!r}j"


def text(value: object, inputs: Inputs) -> str:
    """The expression of an argument; raises Unspellable."""
    match value:
        case torch.Tensor():
            return inputs.name(value)
        case _Written(name=name):
            return name
        case torch.dtype() | torch.layout() | torch.memory_format():
            return str(value)
        case torch.device():
            return f'torch.device("{value}")'
        case list():
            return f"[{', '.join(text(item, inputs) for item in value)}]"
        case tuple():
            inside = ", ".join(text(item, inputs) for item in value)
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case _:
            return plain_text(value)


def _index(value: object, inputs: Inputs) -> str:
    """What stands between brackets."""
    match value:
        case slice():
            parts = ["" if part is None else str(part) for part in (value.start, value.stop)]
            return ":".join(parts if value.step is None else [*parts, str(value.step)])
        case tuple() if value:
            inside = [_index(item, inputs) for item in value]
            return ", ".join(inside) + ("," if len(inside) == 1 else "")
        case _:
            return "..." if value is Ellipsis else text(value, inputs)


@dataclass(frozen=True)
class Call:
    """A sample call of an operator; `name` is the one after `torch.`."""

    name: str
    arguments: tuple[object, ...]
    keywords: Mapping[str, object]


def resolves(name: str) -> bool:
    """Whether `torch.<name>` is a public function."""
    if any(part.startswith("_") for part in name.split(".")):
        return False
    try:
        return callable(operator_of(name))
    except AttributeError:
        return False


def operator_of(name: str) -> Callable[..., object]:
    """What `torch.<name>` is; raises AttributeError."""
    found: Callable[..., object] = attrgetter(name)(torch)
    return found


def function(call: Call, inputs: Inputs) -> str:
    """`torch.add(a, b, alpha=2)`."""
    if not resolves(call.name):
        raise Unspellable(f"no public function torch.{call.name}")
    functional = call.name.startswith(_FUNCTIONAL)
    name = f"F.{call.name.removeprefix(_FUNCTIONAL)}" if functional else f"torch.{call.name}"
    return f"{name}({_arguments(call.arguments, call.keywords, inputs)})"


def _arguments(positional: Sequence[object], keywords: Mapping[str, object], inputs: Inputs) -> str:
    written = [text(value, inputs) for value in positional]
    written += [f"{name}={text(value, inputs)}" for name, value in keywords.items()]
    return ", ".join(written)


def _is_method(name: str, call: Call) -> bool:
    return isinstance(call.arguments[0], torch.Tensor) and callable(getattr(torch.Tensor, name, None))


def method(call: Call, inputs: Inputs) -> str:
    """`a.add(b, alpha=2)`."""
    if call.name.startswith("_") or not _is_method(call.name, call):
        raise Unspellable("no method of that name")
    receiver = text(call.arguments[0], inputs)
    return f"{receiver}.{call.name}({_arguments(call.arguments[1:], call.keywords, inputs)})"


def operator(call: Call, inputs: Inputs) -> str:
    """`a + b`, `-a`, `2 - a`, `a[1:]`, `a.mT`."""
    first = text(call.arguments[0], inputs)
    others = call.arguments[1:]
    if call.keywords:
        raise Unspellable("no operator form: keyword arguments")
    if call.name == "__getitem__":
        return f"{first}[{_index(others[0], inputs)}]"
    if call.name in _INFIX and len(others) == 1:
        return f"{first} {_INFIX[call.name]} {text(others[0], inputs)}"
    if call.name in _REFLECTED:
        return f"{text(others[0], inputs)} {_REFLECTED[call.name]} {first}"
    if call.name in _PREFIX and not others:
        return f"{_PREFIX[call.name]}{first}"
    if call.name in _PROPERTIES and not others:
        return f"{first}.{call.name}"
    raise Unspellable("no operator form")


def in_place(call: Call, inputs: Inputs) -> str:
    """The method call that changes `out`, which holds a copy of the first tensor."""
    name = f"{call.name}_"
    if call.name.startswith("_") or not _is_method(name, call):
        raise Unspellable("no in-place method")
    text(call.arguments[0], inputs)
    return f"out.{name}({_arguments(call.arguments[1:], call.keywords, inputs)})"


def in_place_function(call: Call, inputs: Inputs) -> str:
    """The function that changes `out`, which holds a copy of the first tensor."""
    changed = Call(f"{call.name}_", (_Written("out"), *call.arguments[1:]), call.keywords)
    if not resolves(changed.name) or not isinstance(call.arguments[0], torch.Tensor):
        raise Unspellable("no in-place function")
    text(call.arguments[0], inputs)
    return function(changed, inputs)


def with_out(call: Call, inputs: Inputs) -> str:
    """The call that writes into `out`, which is empty and of the dtype of the result."""
    if not resolves(call.name):
        raise Unspellable(f"no public function torch.{call.name}")
    inputs.detached = True
    written = function(Call(call.name, call.arguments, {**call.keywords, "out": _Written("out")}), inputs)
    try:
        with torch.no_grad():
            result = operator_of(call.name)(*call.arguments, **call.keywords)
    except Exception as error:
        raise Unspellable(f"Python raises {type(error).__name__}") from error
    match result:
        case torch.Tensor():
            return f"out = {_empty(result)}\n{written}"
        case tuple() if all(isinstance(part, torch.Tensor) for part in result):
            return f"out = ({', '.join(map(_empty, result))})\n{written}"
        case _:
            raise Unspellable("no out=: the result is no tensor")


@dataclass(frozen=True)
class _Written:
    """An argument that is a variable of the program."""

    name: str


def _empty(like: torch.Tensor) -> str:
    return f"torch.empty(0, dtype={like.dtype})"


#: How each form assigns the result to `out`.
FORMS: Mapping[str, Callable[[Call, Inputs], str]] = {
    "function": lambda call, inputs: f"out = {function(call, inputs)}",
    "method": lambda call, inputs: f"out = {method(call, inputs)}",
    "operator": lambda call, inputs: f"out = {operator(call, inputs)}",
    "out": with_out,
    "in-place": lambda call, inputs: f"out = {text(call.arguments[0], inputs)}.clone()\n{in_place(call, inputs)}",
    "in-place-function": lambda call, inputs: (
        f"out = {text(call.arguments[0], inputs)}.clone()\n{in_place_function(call, inputs)}"
    ),
}
