"""Differences from bits: ulp, NaN, signed zeros, every dtype."""

from __future__ import annotations

import math
import struct

import pytest

from py2cpp_autograd.verify.bits import difference, first_values, numbers

NAN = float("nan")


def bits(letters: str, *values: float) -> str:
    return struct.pack(f"<{letters}", *values).hex()


def doubles(*values: float) -> str:
    return bits("d" * len(values), *values)


def test_equal_bits_do_not_differ() -> None:
    assert difference("float64", doubles(1.5, -2.0), doubles(1.5, -2.0)) is None


def test_any_nan_equals_any_nan() -> None:
    quiet, other = doubles(NAN), (0xFFF8000000000123).to_bytes(8, "little").hex()
    assert quiet != other
    assert difference("float64", quiet, other) is None
    assert difference("float64", quiet, doubles(1.0)) is not None


def test_a_nan_against_a_number_is_an_infinite_difference() -> None:
    found = difference("float64", doubles(NAN), doubles(1.0))
    assert found is not None
    assert found[0] == math.inf
    assert found[1] > 0


def test_negative_zero_is_one_ulp_from_zero() -> None:
    assert difference("float64", doubles(0.0), doubles(-0.0)) == (0.0, 1)
    assert difference("float32", bits("f", -0.0), bits("f", 0.0)) == (0.0, 1)


@pytest.mark.parametrize("steps", [1, 2, 17])
@pytest.mark.parametrize("start", [1.0, -1.0, 1e300, -5e-324, 0.5])
def test_ulp_counts_the_doubles_in_between(start: float, steps: int) -> None:
    value = start
    for _ in range(steps):
        value = math.nextafter(value, math.inf)
    found = difference("float64", doubles(start), doubles(value))
    # -0.0 and 0.0 are two steps of the count, one of nextafter.
    crossed = start < 0 and math.copysign(1, value) > 0
    assert found == (abs(value - start), steps + crossed)


def test_the_worst_of_several_elements_counts() -> None:
    a, b = doubles(1.0, 2.0, 3.0), doubles(1.0, math.nextafter(2.0, 9.0), 3.5)
    found = difference("float64", a, b)
    assert found is not None
    assert found[0] == 0.5
    assert found[1] == 2**50


def test_float32_counts_its_own_steps() -> None:
    step = struct.unpack("<f", struct.pack("<I", struct.unpack("<I", struct.pack("<f", 1.0))[0] + 3))[0]
    assert difference("float32", bits("f", 1.0), bits("f", step)) == (3 * 2.0**-23, 3)


def test_bfloat16_counts_its_own_steps() -> None:
    one, next_ = (0x3F80).to_bytes(2, "little").hex(), (0x3F81).to_bytes(2, "little").hex()
    assert difference("bfloat16", one, next_) == (2**-7, 1)
    assert numbers("bfloat16", one + next_) == [1.0, 1.0 + 2**-7]


def test_float16() -> None:
    assert difference("float16", bits("e", 1.0), bits("e", 1.0009765625)) == (0.0009765625, 1)


def test_complex_differs_by_its_parts() -> None:
    assert difference("complex128", doubles(1.0, 2.0), doubles(1.0, 2.5)) == (0.5, 2**50)
    assert difference("complex64", bits("ff", 1.0, NAN), bits("ff", 1.0, NAN)) is None


@pytest.mark.parametrize(("dtype", "letter"), [("int64", "q"), ("int32", "i"), ("int16", "h"), ("int8", "b")])
def test_integers(dtype: str, letter: str) -> None:
    assert difference(dtype, bits(letter, 5), bits(letter, -2)) == (7.0, 7)


def test_booleans() -> None:
    assert difference("bool", "0001", "0101") == (1.0, 1)
    assert numbers("bool", "0001") == [False, True]


def test_unknown_dtypes_have_no_numbers_but_still_differ() -> None:
    assert numbers("float8_e5m2", "3c") == []
    assert difference("float8_e5m2", "3c", "3d") is not None
    assert difference("float8_e5m2", "3c", "3c") is None


def test_first_values() -> None:
    assert first_values("float64", doubles(1.0, 0.1)) == "[1, 0.1]"
    assert first_values("float32", bits("f" * 6, *range(6))) == "[0, 1, 2, 3, ...]"
    assert first_values("int64", bits("q", 7)) == "[7]"
    assert first_values("float64", "") == "[]"
    assert first_values("bool", "01" * 5) == "[1, 1, 1, 1, ...]"
