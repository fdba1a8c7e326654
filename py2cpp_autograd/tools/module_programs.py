"""Stand-alone programs from torch's own database of modules: each sample of each class, in several forms, as source.

A program makes a module, calls it on inputs, and runs backward through what is differentiable, so that parameters,
buffers, outputs and gradients are there to compare. What the database lacks comes from `module_variants`.
"""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, cast

import torch

from py2cpp_autograd.tools import module_variants
from py2cpp_autograd.tools.aten_results import provide_test_packages
from py2cpp_autograd.tools.operator_programs import Generated, OperatorProgram, losses, run
from py2cpp_autograd.tools.operator_spelling import Inputs, Unspellable, tensor_name, text

#: Tensors with more numbers than this are drawn by the program.
_LITERAL = 40
_DTYPES = (torch.float32, torch.float64)


class Arguments(Protocol):
    """What the database of modules calls a constructor or a module with."""

    args: tuple[object, ...]
    kwargs: Mapping[str, object]


class Sample(Protocol):
    """One sample of the database of modules."""

    constructor_input: Arguments
    forward_input: Arguments | None


class Info(Protocol):
    """An entry of the database of modules."""

    module_cls: type[torch.nn.Module]
    dtypes: tuple[torch.dtype, ...]

    def module_inputs_func(
        self, info: Info, *, device: str, dtype: torch.dtype, requires_grad: bool, training: bool
    ) -> Iterable[Sample]:
        """The samples."""
        ...


#: What makes the call of a program in a dtype.
Maker = Callable[[torch.dtype], "ModuleCall"]


@dataclass
class Sources(Inputs):
    """The tensors of one program; large ones are drawn."""

    def lines(self) -> Iterator[str]:
        """The statements that make the variables."""
        small = Inputs()
        for number, tensor in enumerate(self.tensors):
            small.tensors = [tensor]
            value = next(small.lines()).partition(" = ")[2] if tensor.numel() <= _LITERAL else _drawn(tensor)
            yield f"{tensor_name(number)} = {value}"


@dataclass(frozen=True)
class ModuleCall:
    """The construction of a module and one call of it, as text: pairs of a keyword (or None) and an expression."""

    name: str
    constructor: tuple[tuple[str | None, str], ...]
    forward: tuple[tuple[str | None, str], ...]
    lines: tuple[str, ...]
    variables: tuple[str, ...] = field(default=())  # those of `lines` that the call takes


def generate(samples: int, only: str = "") -> Generated:
    """Up to `samples` programs per class, form and dtype, of the programs whose name `only` is found in."""
    found = Generated()
    wanted = re.compile(only)
    for name, dtype, number, make in _planned(samples):
        for form, (spell, dtypes) in FORMS.items():
            program = OperatorProgram(name, family(name), form, _short(dtype), number, "")
            if dtype not in dtypes or not wanted.search(program.name):
                continue
            try:
                found.programs.append(replace(program, source=spell(make(dtype), dtype)))
            except Unspellable as error:
                found.unspellable[str(error)] += 1
    return found


def _planned(samples: int) -> Iterator[tuple[str, torch.dtype, int, Maker]]:
    for dtype in _DTYPES:
        for info in _database():
            if dtype not in info.dtypes or not info.module_cls.__module__.startswith("torch.nn.modules"):
                continue
            for number, sample in enumerate(_spread(_samples(info, dtype), samples)):
                yield info.module_cls.__name__, dtype, number, _sampled(info.module_cls, sample)
        for place, (construction, arguments) in enumerate(module_variants.VARIANTS):
            name = construction.partition("(")[0]
            yield name, dtype, 1000 + place, partial(_parsed, construction, arguments)


def _sampled(cls: type[torch.nn.Module], sample: Sample) -> Maker:
    return lambda dtype: _call(cls, sample)


def _database() -> Iterable[Info]:
    provide_test_packages()
    from torch.testing._internal.common_modules import module_db

    return cast(Iterable[Info], list(module_db))


def _samples(info: Info, dtype: torch.dtype) -> list[Sample]:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=True)
        return [sample for sample in made if sample.forward_input is not None]


def _spread(samples: list[Sample], count: int) -> list[Sample]:
    count = min(count, len(samples))
    return [samples[(2 * place + 1) * len(samples) // (2 * count)] for place in range(count)]


def family(name: str) -> str:
    """What kind of module a class is: the module of torch that defines it."""
    defined = str(getattr(torch.nn, name).__module__)
    return f"torch.nn, {defined.rpartition('.')[2]}"


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


# ------------------------------------------------------------------------------------------ calls as text


def _call(cls: type[torch.nn.Module], sample: Sample) -> ModuleCall:
    sources = Sources()
    constructor = _spelled(sample.constructor_input, sources)
    before = len(sources.tensors)
    assert sample.forward_input is not None
    forward = _spelled(sample.forward_input, sources)
    names = tuple(tensor_name(number) for number in range(before, len(sources.tensors)))
    return ModuleCall(cls.__name__, constructor, forward, tuple(sources.lines()), names)


def _spelled(given: Arguments, sources: Sources) -> tuple[tuple[str | None, str], ...]:
    positional = [(None, text(value, sources)) for value in given.args]
    return (*positional, *((name, text(value, sources)) for name, value in given.kwargs.items()))


def _drawn(tensor: torch.Tensor) -> str:
    """A call that draws a tensor of the same kind, of about the same values."""
    shape = ", ".join(map(str, tensor.shape))
    low, high = tensor.min().item(), tensor.max().item()
    if tensor.dtype == torch.bool:
        return f"torch.rand({shape}) > 0.5"
    if not tensor.dtype.is_floating_point:
        return f"torch.randint({int(low)}, {int(high) + 1}, ({shape}))"
    draw = "rand" if low >= 0 and high <= 1 else "randn"
    grad = ", requires_grad=True" if tensor.requires_grad else ""
    return f"torch.{draw}({shape}, dtype={tensor.dtype}{grad})"


class _Hoisted(ast.NodeTransformer):
    """Calls of torch become variables."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.lines: list[str] = []
        self.dtype = dtype

    def visit_Call(self, node: ast.Call) -> ast.AST:
        written = ast.unparse(node)
        if not written.startswith("torch.") or written.startswith("torch.nn."):
            return self.generic_visit(node)
        if re.match(r"torch\.(randn|rand|zeros|ones)\(", written):
            grad = ", requires_grad=True" if written.startswith("torch.rand") else ""
            written = f"{written[:-1]}, dtype={self.dtype}{grad})"
        name = tensor_name(len(self.lines))
        self.lines.append(f"{name} = {written}")
        return ast.Name(name)


def _parsed(construction: str, arguments: str, dtype: torch.dtype) -> ModuleCall:
    """The call that a variant writes."""
    hoisted = _Hoisted(dtype)
    constructor = _pairs(hoisted, construction)
    before = len(hoisted.lines)
    forward = _pairs(hoisted, f"forward({arguments})")
    names = tuple(tensor_name(number) for number in range(before, len(hoisted.lines)))
    return ModuleCall(construction.partition("(")[0], constructor, forward, tuple(hoisted.lines), names)


def _pairs(hoisted: _Hoisted, written: str) -> tuple[tuple[str | None, str], ...]:
    node = ast.parse(written, mode="eval").body
    assert isinstance(node, ast.Call)
    positional = [(None, ast.unparse(hoisted.visit(value))) for value in node.args]
    return (*positional, *((one.arg, ast.unparse(hoisted.visit(one.value))) for one in node.keywords))


# -------------------------------------------------------------------------------------------------- forms


def _joined(pairs: Iterable[tuple[str | None, str]]) -> str:
    return ", ".join(value if name is None else f"{name}={value}" for name, value in pairs)


def _construction(call: ModuleCall, dtype: torch.dtype) -> str:
    """`nn.Linear(2, 3, dtype=torch.float64)`."""
    parameters = _init_parameters(call.name)
    extra = [("dtype", str(dtype))] if dtype != torch.float32 and "dtype" in parameters else []
    if any(name == "dtype" for name, _ in call.constructor):
        extra = []
    return f"nn.{call.name}({_joined([*call.constructor, *extra])})"


def _init_parameters(name: str) -> list[str]:
    """The names of a constructor's parameters; of the recurrent ones, which take anything, their base's."""
    cls = torch.nn.RNNBase if name in ("RNN", "LSTM", "GRU") else getattr(torch.nn, name)
    names = list(inspect.signature(cls.__init__).parameters)[1:]
    return names[1:] if name in ("RNN", "LSTM", "GRU") else names


def _script(call: ModuleCall, dtype: torch.dtype, mode: str = "") -> str:
    head = ["import torch", "import torch.nn as nn", "", *call.lines]
    made = f"layer = {_construction(call, dtype)}"
    source = "\n".join([*head, made, *([mode] if mode else []), f"out = layer({_joined(call.forward)})"]) + "\n"
    parts = losses(run(source)["out"])
    if not parts:
        return source
    ending = f"({' + '.join(parts)}).backward()\n" if len(parts) > 1 else f"{parts[0]}.backward()\n"
    run(source + ending)
    return source + ending


def _keywords(call: ModuleCall, dtype: torch.dtype) -> str:
    """The same with a keyword for every argument."""
    forward = list(inspect.signature(getattr(torch.nn, call.name).forward).parameters)[1:]
    named = replace(
        call,
        constructor=_named(call.constructor, _init_parameters(call.name)),
        forward=_named(call.forward, forward),
    )
    if named == call:
        raise Unspellable("no keyword form: nothing positional")
    return _script(named, dtype)


def _named(pairs: Iterable[tuple[str | None, str]], names: list[str]) -> tuple[tuple[str | None, str], ...]:
    return tuple((name or names[place], value) for place, (name, value) in enumerate(pairs))


def _model(call: ModuleCall, dtype: torch.dtype) -> str:
    """A model file, whose driver makes the inputs differentiable."""
    if len(call.lines) != len(call.variables):
        raise Unspellable("no model form: the constructor takes tensors")
    names = ", ".join(call.variables)
    inputs = "\n    ".join(line.replace(", requires_grad=True", "") for line in call.lines)
    source = f"""import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = {_construction(call, dtype)}

    def forward(self, {names}):
        return self.layer({_joined(call.forward)})


def get_init_inputs():
    return []


def get_inputs():
    {inputs}
    return [{names}]
"""
    run(f"{source}\nModel(*get_init_inputs())(*get_inputs())\n")
    return source


#: The forms of a program, and the dtypes that each is made for.
FORMS: Mapping[str, tuple[Callable[[ModuleCall, torch.dtype], str], tuple[torch.dtype, ...]]] = {
    "script": (_script, _DTYPES),
    "keywords": (_keywords, _DTYPES[:1]),
    "eval": (lambda call, dtype: _script(call, dtype, "layer.eval()"), _DTYPES[:1]),
    "model": (_model, _DTYPES[:1]),
}
