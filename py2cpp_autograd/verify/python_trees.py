"""The recorded form of Python's values: trees, as `docs/trace-format.md` describes them."""

from __future__ import annotations

import enum
import hashlib
import json
import struct
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import numpy as np
import torch

from py2cpp_autograd.verify import python_siblings as siblings

Tree = dict[str, Any]

#: Tensors of more bytes than these are written as a digest, as in C++.
_MOST_WRITTEN = 256 << 10
_INT64 = range(-(2**63), 2**63)


def tree(value: object, depth: int = 0) -> Tree:
    """The recorded form of a value."""
    match value:
        case enum.Enum():
            return {"k": "opaque"}
        case np.ndarray() | np.generic():
            return tensor_tree(torch.from_numpy(np.array(value)))
        case None:
            return {"k": "none"}
        case bool():
            return {"k": "bool", "v": value}
        case int():
            return {"k": "int", "v": value} if value in _INT64 else {"k": "opaque"}
        case float():
            return {"k": "float", "bits": struct.pack("<d", value).hex()}
        case complex():
            return {"k": "complex", "bits": struct.pack("<dd", value.real, value.imag).hex()}
        case str():
            return {"k": "str", "v": value}
        case torch.Tensor():
            return tensor_tree(value)
        case torch.nn.Module():
            return _module(value)
        case torch.Generator():
            return {"k": "generator", "v": _digest(value.get_state())}
        case torch.dtype():
            return {"k": "dtype", "v": str(value).removeprefix("torch.")}
        case torch.device():
            return {"k": "device", "v": str(value)}
        case list() | tuple() | deque() | KeysView() | ValuesView() | ItemsView() if depth < 50:
            return {"k": "seq", "items": [tree(item, depth + 1) for item in value]}
        case dict() if depth < 50:
            return {"k": "dict", "items": [[_key(key), tree(item, depth + 1)] for key, item in value.items()]}
        case torch.optim.Optimizer():
            return {"k": "object", "items": list(_optimizer(value.state_dict()))}
        case _ if is_object(value):
            return _visited(value, lambda: {"k": "object", "items": _attributes(vars(value))})
        case _:
            return {"k": "opaque"}


def is_object(value: object) -> bool:
    """Whether a value is a plain object of a class of the program."""
    kind = type(value)
    is_special = issubclass(kind, BaseException | enum.Enum | type | torch.autograd.Function)
    return siblings.is_own(kind.__module__) and hasattr(value, "__dict__") and not is_special


def has_own_text(value: object) -> bool:
    """Whether a value is a module, or an object of the program whose class says what its text is."""
    kind = type(value)
    if isinstance(value, torch.nn.Module):
        return True
    return is_object(value) and (kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__)


class _Visits:
    """The objects that are being written, and how many of a value have been: as in C++."""

    deepest, most = 20, 1000
    inside: ClassVar[list[int]] = []
    count = 0


def begin_tree() -> None:
    """Begin to write a value: its objects are counted anew."""
    _Visits.count = 0


def _visited(value: object, write: Callable[[], Tree]) -> Tree:
    """The tree of an object or module, unless it is inside of itself, or behind many others."""
    if id(value) in _Visits.inside or len(_Visits.inside) >= _Visits.deepest:
        return {"k": "opaque"}
    _Visits.count += 1
    if _Visits.count > _Visits.most:
        return {"k": "opaque"}
    _Visits.inside.append(id(value))
    try:
        return write()
    finally:
        _Visits.inside.pop()


def _attributes(found: Mapping[str, object]) -> list[tuple[str, Tree]]:
    return [(name, tree(value)) for name, value in list(found.items())]


def _as_float(option: object) -> object:
    """The value of an option, which may be 0 for 0.0: as the number that it stands for."""
    if isinstance(option, tuple):
        return tuple(map(_as_float, option))
    return float(option) if type(option) is int else option


def _optimizer(state: Mapping[str, Any]) -> Iterator[tuple[str, Tree]]:
    """What an optimizer knows, flat: its groups' options, and its states by the numbers of their parameters."""
    for index, group in enumerate(state["param_groups"]):
        set_ = {name: _as_float(value) for name, value in group.items() if value is not None}
        yield from ((f"param_groups[{index}].{name}", tree(value)) for name, value in set_.items())
    for number, held in state["state"].items():
        for name, value in held.items() if isinstance(held, dict) else ():
            plain = float(value) if name == "step" else value
            yield f"state[{number}].{name}", tree(plain)


def _key(key: object) -> str:
    if isinstance(key, enum.Enum):
        return "?"
    if isinstance(key, str):
        return json.dumps(key, ensure_ascii=False)
    if isinstance(key, tuple):
        return f"({', '.join(map(_key, key))})"
    return str(key) if isinstance(key, int) else "?"


def tensor_tree(value: torch.Tensor) -> Tree:
    """A tensor with its metadata and gradient."""
    with torch.no_grad():
        plain = value.detach()
        dense = plain if plain.layout == torch.strided else plain.to_dense()
        # A copy: `contiguous` keeps strange strides of one element, and zero gradients without memory.
        dense = dense.resolve_conj().resolve_neg().cpu().clone(memory_format=torch.contiguous_format)
        bits = _bits(dense)
    node = _node_of(value)
    grad = value.grad if node is None or value.retains_grad else None
    return {
        "k": "tensor",
        "dtype": str(value.dtype).removeprefix("torch."),
        "shape": list(value.shape),
        "layout": "strided" if value.layout == torch.strided else "other",
        "requires_grad": value.requires_grad,
        "is_leaf": node is None,
        "grad_fn": node,
        **bits,
        "grad": None if grad is None else tensor_tree(grad),
    }


def _node_of(value: torch.Tensor) -> str | None:
    """The name of a tensor's node; `?` where autograd does not tell: of one of several views whose base has changed."""
    try:
        return None if value.grad_fn is None else value.grad_fn.name()
    except RuntimeError:
        return "?"


class _Limit:
    """How many bytes of a tensor are written down; None for all. Greater ones are written as a digest."""

    most: int | None = _MOST_WRITTEN


_written = _Limit()


def write_whole() -> None:
    """Write all bits of all tensors from here on."""
    _written.most = None


@contextmanager
def in_brief() -> Iterator[None]:
    """Write large tensors as digests, whatever else is written whole."""
    most, _written.most = _written.most, _MOST_WRITTEN
    yield
    _written.most = most


def _bits(dense: torch.Tensor) -> Mapping[str, str]:
    """The bits of a contiguous tensor, or, of a large one, their digest, in which all NaN are one."""
    if dense.numel() == 0:
        return {"bits": ""}
    if _written.most is None or dense.nbytes <= _written.most:
        return {"bits": dense.reshape(-1).view(torch.uint8).numpy().tobytes().hex()}
    dense = torch.view_as_real(dense) if dense.is_complex() else dense
    if dense.is_floating_point():
        dense = dense.masked_fill(dense.isnan(), float("nan"))
    return {"digest": _digest(dense.reshape(-1).view(torch.uint8))}


#: The attributes that every module has.
_MODULE_ATTRIBUTES = frozenset(vars(torch.nn.Module()))


def _modules(module: torch.nn.Module) -> Iterator[tuple[str, bool, list[tuple[str, Tree]], list[str] | None]]:
    """The modules in a module with their paths: whether they train, and what the program's classes gave them.

    Last comes what the modules in one of such a class are called.
    """
    for path, inner in module.named_modules(remove_duplicate=False):
        given = {name: value for name, value in vars(inner).items() if name not in _MODULE_ATTRIBUTES}
        is_own = siblings.is_own(type(inner).__module__)
        names = [name for name, _ in inner.named_children()] if is_own else None
        yield path, inner.training, _attributes(given) if is_own else [], names


def _module(module: torch.nn.Module) -> Tree:
    return _visited(module, lambda: _module_tree(module))


def _module_tree(module: torch.nn.Module) -> Tree:
    return {
        "k": "module",
        "training": module.training,
        "parameters": [[name, tensor_tree(p)] for name, p in module.named_parameters(remove_duplicate=False)],
        "buffers": [[name, tensor_tree(b)] for name, b in module.named_buffers(remove_duplicate=False)],
        "modules": list(_modules(module)),
    }


def is_recorded(value: object) -> bool:
    """Whether a module-level name of this value is recorded."""
    match value:
        case bool() | int() | float() | str() | torch.Tensor() | torch.nn.Module() | torch.Generator() | None:
            return True
        case np.ndarray() | np.generic():
            return True
        case torch.nn.utils.rnn.PackedSequence():
            return False  # a tuple in Python, an object of its own in C++
        case list() | tuple() | deque() | KeysView() | ValuesView() | ItemsView():
            return all(map(is_recorded, cast("Iterable[object]", value)))
        case dict():
            return all(map(is_recorded, value.values()))
        case torch.optim.Optimizer():
            return True
        case _:
            return is_object(value)


def is_plain(value: object) -> bool:
    """Whether C++ shows a value as Python does: a text, a number, or a container of such."""
    if type(value) in (list, tuple, set, deque):
        return all(map(is_plain, cast("Iterable[object]", value)))
    if type(value) in (dict, OrderedDict, defaultdict, Counter):
        items = cast("Mapping[object, object]", value)
        return all(map(is_plain, items)) and all(map(is_plain, items.values()))
    return value is None or type(value) in (str, int, float, bool)


def generator_digest() -> str:
    """The digest of the state of the default generator, as the C++ side computes it."""
    return _digest(torch.get_rng_state())


def _digest(data: torch.Tensor) -> str:
    return hashlib.blake2b(data.numpy().data, digest_size=32).hexdigest()
