"""How the inputs of a program are made: from literals, drawn, counted, as views of others, differentiable in many ways.

Other numbers than the sample's may be made, of about its range: Python says whether the operator takes them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from py2cpp_autograd.tools.operator_spelling import Inputs, Unspellable, plain_text, tensor_name, tensor_text

#: Programs rarely write more numbers than this.
_MANY = 64


@dataclass(frozen=True)
class Source:
    """An expression that makes a tensor, the statements before it, and whether it takes `requires_grad=True`."""

    text: str
    before: tuple[str, ...] = ()
    is_factory: bool = False


#: A way to make a tensor like the given one for a variable; None where the way is not for such tensors.
Way = Callable[[torch.Tensor, str, random.Random], Source | None]


def _dtype(tensor: torch.Tensor) -> str:
    return f"dtype={tensor.dtype}"


def _shape(tensor: torch.Tensor) -> str:
    return ", ".join(map(str, tensor.shape)) or "()"


def _sized(name: str, tensor: torch.Tensor) -> str:
    """`torch.randn(2, 3, dtype=torch.float64)`; the default dtype need not be said."""
    option = "" if tensor.dtype == torch.get_default_dtype() else f", {_dtype(tensor)}"
    return f"torch.{name}({_shape(tensor)}{option})"


def _range(tensor: torch.Tensor) -> tuple[float, float]:
    return round(tensor.min().item(), 3), round(tensor.max().item(), 3)


def _is_real(tensor: torch.Tensor) -> bool:
    return tensor.dtype.is_floating_point and tensor.numel() > 0 and bool(tensor.isfinite().all())


def _literal(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    return Source(tensor_text(tensor), is_factory=True)


def _bare(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """`torch.tensor([1.0, 2.0])`: the dtype is that of the numbers."""
    written = f"torch.tensor({plain_text(tensor.tolist())})"
    known = (torch.get_default_dtype(), torch.int64, torch.bool, torch.complex64)
    return Source(written, is_factory=True) if tensor.dtype in known and tensor.numel() else None


def _cast(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """`torch.tensor([1.0, 2.0]).to(torch.float64)`."""
    if not _is_real(tensor):
        return None
    short = {torch.float64: ".double()", torch.float32: ".float()", torch.float16: ".half()"}
    change = draw.choice((f".to({tensor.dtype})", f".to(dtype={tensor.dtype})", short.get(tensor.dtype, ".bfloat16()")))
    return Source(f"torch.tensor({plain_text(tensor.tolist())}){change}")


def _turned(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """A transposed view."""
    if tensor.dim() < 2 or not tensor.numel():
        return None
    last = tensor.dim() - 1
    turned = tensor.transpose(0, last).contiguous()
    turn = f".transpose(0, {last})" if last > 1 else draw.choice((".t()", ".T", ".mT", ".permute(1, 0)"))
    return Source(f"{name}_base{turn}", (f"{name}_base = {tensor_text(turned)}",))


def _sliced(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """Every second row of more."""
    if tensor.dim() < 1 or not 0 < tensor.numel() <= _MANY:
        return None
    doubled = tensor.repeat_interleave(2, 0)
    return Source(f"{name}_base[::2]", (f"{name}_base = {tensor_text(doubled)}",))


def _expanded(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """One row that stands for all."""
    if tensor.dim() < 2 or not tensor.numel():
        return None
    return Source(f"{name}_base.expand({_shape(tensor)})", (f"{name}_base = {tensor_text(tensor[:1].contiguous())}",))


def _normal(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    if not tensor.numel() or not (tensor.is_complex() or (_is_real(tensor) and _range(tensor)[0] < 0)):
        return None
    return Source(_sized("randn", tensor), is_factory=True)


def _uniform(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    if not _is_real(tensor):
        return None
    low, high = _range(tensor)
    drawn = _sized("rand", tensor)
    if low == 0 and high <= 1:
        return Source(drawn, is_factory=True)
    made = (f"{drawn} * {high - low} + {low}", f"({low} - {high}) * {drawn} + {high}", f"{drawn} * {high} + {low}")
    empty = f"{_sized('empty', tensor)}.uniform_({low}, {high})"
    return Source(f"({draw.choice(made)})") if low >= high or draw.random() < 0.6 else Source(empty)


def _counted(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """Numbers at equal distances."""
    if not _is_real(tensor):
        return None
    low, high = _range(tensor)
    count = tensor.numel()
    spaced = f"torch.linspace({low}, {high}, {count}, {_dtype(tensor)})"
    stepped = f"(torch.arange({count}, {_dtype(tensor)}) * {round((high - low) / count, 4)} + {low})"
    shaped = "" if tensor.dim() == 1 else f".{draw.choice(('view', 'reshape'))}({_shape(tensor)})"
    return Source(draw.choice((spaced, stepped)) + shaped)


def _parts(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    """A complex tensor from two real ones."""
    if not tensor.is_complex() or not tensor.numel():
        return None
    real = "torch.float64" if tensor.dtype == torch.complex128 else "torch.float32"
    part = f"torch.randn({_shape(tensor)}, dtype={real})"
    shape = f"{_shape(tensor)}, 2" if tensor.dim() else "2"
    return Source(
        draw.choice((f"torch.complex({part}, {part})", f"torch.view_as_complex(torch.randn({shape}, dtype={real}))"))
    )


def _whole(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    if tensor.dtype != torch.int64 or not tensor.numel():
        return None
    low, high = int(tensor.min()), int(tensor.max()) + 1
    shape = f"({', '.join(map(str, tensor.shape))}{',' * (tensor.dim() == 1)})"
    return Source(f"torch.randint({low}, {high}, {shape})") if high - low < 2**31 else None


def _truth(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    return Source(f"(torch.rand({_shape(tensor)}) > 0.5)") if tensor.dtype == torch.bool and tensor.numel() else None


def _filled(tensor: torch.Tensor, name: str, draw: random.Random) -> Source | None:
    if not _is_real(tensor):
        return None
    value = _range(tensor)[1] or 1.0
    made = (f"torch.full(({_shape(tensor)},), {value}, {_dtype(tensor)})", f"{_sized('ones', tensor)} * {value}")
    return Source(made[0], is_factory=True) if tensor.dim() and draw.random() < 0.5 else Source(f"({made[1]})")


EXACT: Sequence[Way] = (_literal, _literal, _bare, _cast, _turned, _sliced)
_NEW: Sequence[Way] = (_normal, _uniform, _counted, _parts, _whole, _truth)
DRAWN: Sequence[Way] = (*EXACT, *_NEW, *_NEW, _filled, _expanded)


@dataclass
class StyledInputs(Inputs):
    """Inputs, each made in a way of its own."""

    draw: random.Random = field(default_factory=random.Random)
    ways: Sequence[Way] = EXACT

    def lines(self) -> Iterator[str]:
        """The statements that make the variables."""
        for number, tensor in enumerate(self.tensors):
            if tensor.layout != torch.strided or tensor.is_quantized:
                raise Unspellable("a sparse or quantized input")
            plain = tensor.detach().resolve_conj().resolve_neg()
            yield from self._made(tensor_name(number), plain, tensor.requires_grad and not self.detached)

    def _made(self, name: str, tensor: torch.Tensor, differentiable: bool) -> Iterator[str]:
        sources = (way(tensor, name, self.draw) for way in self.draw.sample(self.ways, len(self.ways)))
        source = next(found for found in sources if found is not None)
        if not differentiable:
            yield from (*source.before, f"{name} = {source.text}")
        elif source.before and self.draw.random() < 0.5:  # a view, through which gradients flow
            yield from (f"{line[:-1]}, requires_grad=True)" for line in source.before)
            yield f"{name} = {source.text}"
        else:
            yield from (*source.before, *self._differentiable(name, source))

    def _differentiable(self, name: str, source: Source) -> Iterator[str]:
        if source.is_factory and self.draw.random() < 0.5:
            yield f"{name} = {source.text[:-1]}, requires_grad=True)"
            return
        match self.draw.randrange(4):
            case 0:
                yield f"{name} = {source.text}"
                yield f"{name}.requires_grad = True"
            case 1:
                yield f"{name} = torch.nn.Parameter({source.text})"
            case 2:
                yield f"{name} = {source.text}"
                yield f"{name}.requires_grad_({self.draw.choice(('', 'True'))})"
            case _:
                yield f"{name} = {source.text}.requires_grad_()"
