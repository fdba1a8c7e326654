"""Values from their bits, without torch: differences in ulp, and the first few numbers for a report."""

from __future__ import annotations

import math
import struct

#: Bytes of an element, and how its ulp are counted: the format of the integer with the same bits.
_FLOATS = {"float64": (8, "d", "q"), "float32": (4, "f", "i"), "float16": (2, "e", "h")}
_INTS = {"int64": "q", "int32": "i", "int16": "h", "int8": "b", "uint8": "B", "bool": "?"}
_COMPLEX = {"complex64": "float32", "complex128": "float64"}


def difference(dtype: str, a: str, b: str) -> tuple[float, int] | None:
    """None when the bits are equal (any NaN equals any NaN); else the greatest absolute and ulp difference."""
    if a == b:
        return None
    kind = _COMPLEX.get(dtype, dtype)
    if kind == "bfloat16":
        return _float_difference("float32", _widened(a), _widened(b), 1 << 16)
    if kind in _FLOATS:
        return _float_difference(kind, bytes.fromhex(a), bytes.fromhex(b), 1)
    x, y = numbers(dtype, a), numbers(dtype, b)
    worst = max((abs(p - q) for p, q in zip(x, y, strict=False)), default=0)
    return float(worst), int(worst)


def first_difference(dtype: str, a: str, b: str) -> tuple[int, str, str] | None:
    """The index of the first element that differs, and its bits on both sides; the values have the same length."""
    parts = 2 if dtype in _COMPLEX else 1
    kind = _COMPLEX.get(dtype, dtype)
    size = 2 if kind == "bfloat16" else _FLOATS[kind][0] if kind in _FLOATS else struct.calcsize(_INTS.get(kind, "B"))
    digits = 2 * size
    for place in range(0, len(a), digits):
        x, y = a[place : place + digits], b[place : place + digits]
        if x != y and difference(kind, x, y) is not None:
            return place // (digits * parts), _as_number(x), _as_number(y)
    return None


def _as_number(bits: str) -> str:
    """Little-endian bytes as people write them."""
    return f"0x{bytes.fromhex(bits)[::-1].hex()}"


def _widened(text: str) -> bytes:
    """bfloat16 as the upper half of float32."""
    data = bytes.fromhex(text)
    return b"".join(b"\0\0" + data[i : i + 2] for i in range(0, len(data), 2))


def _float_difference(kind: str, a: bytes, b: bytes, unit: int) -> tuple[float, int] | None:
    size, real, whole = _FLOATS[kind]
    count = len(a) // size
    values = zip(struct.unpack(f"<{count}{real}", a), struct.unpack(f"<{count}{real}", b), strict=True)
    orders = zip(struct.unpack(f"<{count}{whole}", a), struct.unpack(f"<{count}{whole}", b), strict=True)
    max_abs, max_ulp, differs = 0.0, 0, False
    for (x, y), (p, q) in zip(values, orders, strict=True):
        if p == q or (math.isnan(x) and math.isnan(y)):
            continue
        differs = True
        max_ulp = max(max_ulp, abs(_ordered(p, size) - _ordered(q, size)) // unit, 1)
        gap = abs(x - y)
        max_abs = max(max_abs, gap if not math.isnan(gap) else math.inf)
    return (max_abs, max_ulp) if differs else None


def _ordered(bits: int, size: int) -> int:
    """Integers in the order of the floats that have their bits; -0.0 stands right below 0.0."""
    return bits if bits >= 0 else -(bits + (1 << (8 * size - 1))) - 1


def numbers(dtype: str, text: str) -> list[float]:
    """The elements of a tensor."""
    kind = _COMPLEX.get(dtype, dtype)
    data = _widened(text) if kind == "bfloat16" else bytes.fromhex(text)
    kind = "float32" if kind == "bfloat16" else kind
    if kind in _FLOATS:
        size, real, _ = _FLOATS[kind]
        return list(struct.unpack(f"<{len(data) // size}{real}", data))
    letter = _INTS.get(kind)
    if letter is None:
        return []
    return list(struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}", data))


def first_values(dtype: str, text: str, count: int = 4) -> str:
    """The first few elements, for people."""
    values = numbers(dtype, text[: 32 * (count + 1)])
    shown = ", ".join(f"{value:.9g}" for value in values[:count])
    return f"[{shown}{', ...' if len(values) > count else ''}]"
