"""The runtime's numbers and texts (`py2cpp/number.h`, `py2cpp/format.h`) against CPython, on generated inputs."""

from __future__ import annotations

import math
import operator
import random
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from py2cpp_autograd.verify.toolchain import find_toolchain

pytestmark = pytest.mark.build

Value: TypeAlias = bool | int | float | str
Calls: TypeAlias = list[tuple[Value, ...]]

COUNT = 400
INT64 = range(-(2**63), 2**63)
INTS = [0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 62, 63, 64, 2**31, -(2**31), 2**62, 2**63 - 1, -(2**63)]
FLOATS = [
    0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.5, -2.5, 0.1, 2 / 3, 1e15, 1e16, 9999999999999998.0, 123456.0, 1e-4, 1e-5,
    1e22, 1e23, 2.0**53, 2.0**63, -(2.0**63), 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 709.5, 710.0,
    math.inf, -math.inf, math.nan,
]  # fmt: skip
TEXTS = ["", "a", "it's", 'a"b', "'\"", "\\", "\n\t\r\x00\x1f\x7f", "πρός", "日本", "🙂 x"]

random_number = random.Random()


def an_int() -> int:
    if random_number.random() < 0.5:
        return random_number.choice(INTS)
    return random_number.randint(-(2**63), 2**63 - 1) >> random_number.randrange(64)


def a_float() -> float:
    match random_number.randrange(4):
        case 0:
            return random_number.choice(FLOATS)
        case 1:
            (value,) = struct.unpack("<d", random_number.randbytes(8))
            return float(value)
        case 2:
            return round(random_number.uniform(-1000, 1000), random_number.randrange(6))
        case _:
            return random_number.choice([1, -1]) * math.exp(random_number.uniform(-45, 45))


def a_spec(types: str) -> str:
    """Any format specification, the wrong ones too."""

    def maybe(*choices: str) -> str:
        return random_number.choice(choices) if random_number.random() < 0.4 else ""

    align = maybe("<", ">", "^", "=", "*<", "0=", "─^", "x>")
    width, precision = maybe("1", "6", "9", "12", "25"), maybe(".0", ".1", ".2", ".3", ".6", ".17", ".30", ".")
    return align + maybe("+", "-", " ") + maybe("#") + maybe("0") + width + maybe(",", "_") + precision + maybe(*types)


def ints() -> Iterator[tuple[Value, ...]]:
    return ((an_int(), an_int()) for _ in range(COUNT))


def small_exponents() -> Iterator[tuple[Value, ...]]:
    return ((an_int(), random_number.randint(0, 70)) for _ in range(COUNT))


def shifts() -> Iterator[tuple[Value, ...]]:
    return ((an_int(), random_number.randint(-1, 70)) for _ in range(COUNT))


def floats() -> Iterator[tuple[Value, ...]]:
    return ((a_float(), a_float()) for _ in range(COUNT))


def one_float() -> Iterator[tuple[Value, ...]]:
    return ((value,) for value in [*FLOATS, *(a_float() for _ in range(COUNT))])


def texts() -> Iterator[tuple[Value, ...]]:
    return ((text,) for text in TEXTS)


def float_formats() -> Iterator[tuple[Value, ...]]:
    specs = ("", ".3f", ">8", ",", "e", "g", "%", ".3", ".4e", "010,")
    yield from ((value, spec) for value in FLOATS for spec in specs)
    yield from ((a_float(), a_spec("fFeEgGn%d")) for _ in range(5 * COUNT))


def int_formats() -> Iterator[tuple[Value, ...]]:
    specs = ("", "3d", ">8", ",", "x", "#b", ".1f", "%", "010,")
    yield from ((value, spec) for value in INTS for spec in specs)
    yield from ((an_int(), a_spec("dnboxXfe%s")) for _ in range(5 * COUNT))


def bool_formats() -> Iterator[tuple[Value, ...]]:
    return ((random_number.random() < 0.5, a_spec("df")) for _ in range(COUNT))


def str_formats() -> Iterator[tuple[Value, ...]]:
    return ((random_number.choice(TEXTS[:6] + TEXTS[7:]), a_spec("s")) for _ in range(5 * COUNT))


def power(a: float, b: float) -> object:
    """`a ** b`; a complex result is one, also where it is too large."""
    return 1j if a < 0 and math.isfinite(a) and math.isfinite(b) and not b.is_integer() else a**b


CALLS: dict[str, tuple[Callable[..., object], Callable[[], Iterator[tuple[Value, ...]]]]] = {
    "int +": (operator.add, ints),
    "int -": (operator.sub, ints),
    "int *": (operator.mul, ints),
    "int //": (operator.floordiv, ints),
    "int %": (operator.mod, ints),
    "int **": (operator.pow, small_exponents),
    "int <<": (operator.lshift, shifts),
    "int >>": (operator.rshift, shifts),
    "int /": (operator.truediv, ints),
    "float /": (operator.truediv, floats),
    "float //": (operator.floordiv, floats),
    "float %": (operator.mod, floats),
    "float **": (power, floats),
    "float min": (min, floats),
    "float max": (max, floats),
    "sqrt": (math.sqrt, one_float),
    "log": (math.log, one_float),
    "exp": (math.exp, one_float),
    "int": (int, one_float),
    "round": (round, one_float),
    "str float": (str, one_float),
    "repr str": (repr, texts),
    "format float": (format, float_formats),
    "format int": (format, int_formats),
    "format bool": (format, bool_formats),
    "format str": (format, str_formats),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toolchain = find_toolchain()
    path = tmp_path_factory.mktemp("runtime") / "runtime_numbers"
    source = Path(__file__).with_name("runtime_numbers.cpp")
    command = [toolchain.compiler, *toolchain.compile_flags, str(source), "-o", str(path), *toolchain.link_flags]
    subprocess.run(command, check=True)
    return path


def word(value: Value) -> str:
    """A value as the program reads it."""
    return value.hex() if isinstance(value, float) else str(value)


def line(name: str, arguments: tuple[Value, ...]) -> str:
    first, rest = arguments[0], arguments[1:]
    shown = first.encode().hex() if isinstance(first, str) else word(first)
    return "\t".join([name, shown, *map(word, rest)])


def expected(call: Callable[..., object], arguments: tuple[Value, ...]) -> str:
    """What the program must write: "error" where Python raises, "beyond" for ints of more bits and complex."""
    try:
        value = call(*arguments)
    except (ArithmeticError, ValueError):
        return "error"
    match value:
        case int():
            return str(value) if value in INT64 else "beyond"
        case float():
            return value.hex()
        case str():
            return value
        case _:
            return "beyond"


def normalised(answer: str, call: Callable[..., object]) -> str:
    """C++ and Python write the same hexadecimal float in two ways."""
    is_float = answer != "error" and answer.lstrip("-").startswith(("0x", "inf", "nan"))
    return float.fromhex(answer).hex() if is_float and call not in (str, repr, format) else answer


@pytest.mark.parametrize("name", CALLS)
def test_answers_are_those_of_python(program: Path, tmp_path: Path, name: str) -> None:
    random_number.seed(name)
    call, generate = CALLS[name]
    calls: Calls = list(generate())
    path = tmp_path / "calls"
    path.write_text("".join(line(name, arguments) + "\n" for arguments in calls), "utf-8")
    done = subprocess.run([program, path], capture_output=True, text=True, encoding="utf-8", check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(calls)
    differing = [
        (arguments, answer, wanted)
        for arguments, answer in zip(calls, answers, strict=True)
        if normalised(answer, call) != (wanted := expected(call, arguments))
    ]
    assert not differing, f"{name}: (arguments, C++, Python): {differing[:5]}"
