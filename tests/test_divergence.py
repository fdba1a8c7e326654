"""The first statement behind which two runs differ."""

from __future__ import annotations

import struct
from typing import Any

from py2cpp_autograd.verify.bits import first_difference
from py2cpp_autograd.verify.divergence import first_divergence, with_callers
from py2cpp_autograd.verify.trace import Step, Trace


def tensor(*values: float, grad: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "k": "tensor", "dtype": "float32", "shape": [len(values)], "layout": "strided", "requires_grad": True,
        "is_leaf": True, "grad_fn": None, "bits": struct.pack(f"<{len(values)}f", *values).hex(), "grad": grad,
    }  # fmt: skip


def run(*steps: tuple[int, dict[str, Any]]) -> Trace:
    return Trace(steps=[Step(line, changed) for line, changed in steps])


def test_equal_runs_do_not_part() -> None:
    one = run((1, {"x": tensor(1, 2)}), (2, {}), (3, {"y": tensor(3)}))
    assert first_divergence(one, one) is None


def test_the_element_and_its_bits_are_named() -> None:
    python = run((1, {"x": tensor(1, 2)}), (4, {"x": tensor(1, 2, grad=tensor(1, 1))}), (5, {"y": tensor(7)}))
    cpp = run((1, {"x": tensor(1, 2)}), (4, {"x": tensor(1, 2, grad=tensor(1, 2))}), (5, {"y": tensor(8)}))
    found = first_divergence(python, cpp)
    assert found is not None
    assert (found.line, found.path, found.max_ulp) == (4, "x.grad[1]", 8388608)
    assert found.python.startswith("0x3f800000") and found.cpp.startswith("0x40000000")


def test_statements_without_cpp_are_passed_over() -> None:
    python = run((1, {}), (2, {"x": tensor(1)}), (3, {}), (4, {"y": tensor(2)}))
    cpp = run((2, {"x": tensor(1)}), (4, {"y": tensor(3)}))
    found = first_divergence(python, cpp)
    assert found is not None and (found.line, found.path) == (4, "y[0]")


def test_a_statement_of_python_may_be_several_of_cpp() -> None:
    python = run((2, {"x": tensor(1), "y": tensor(2)}), (3, {"z": tensor(3)}))
    cpp = run((2, {"x": tensor(1)}), (2, {"y": tensor(2)}), (3, {"z": tensor(3)}))
    assert first_divergence(python, cpp) is None


def test_control_that_parts() -> None:
    python = run((1, {"x": tensor(1)}), (3, {"x": tensor(2)}), (5, {}))
    cpp = run((1, {"x": tensor(1)}), (5, {}), (3, {"x": tensor(2)}))
    assert first_divergence(python, cpp) is None
    found = first_divergence(python, cpp, alike=True)
    assert found is not None and (found.line, found.cpp) == (3, "line 3 is not run")


def test_statements_that_one_side_alone_runs_are_passed_over() -> None:
    python = run((1, {"x": tensor(1)}), (3, {"x": tensor(2)}), (3, {}), (5, {"y": tensor(3)}))
    cpp = run((1, {"x": tensor(1)}), (5, {"x": tensor(2), "y": tensor(4)}), (3, {}))
    found = first_divergence(python, cpp)
    assert found is not None and (found.line, found.path) == (5, "y[0]")


def test_an_argument_is_the_fault_of_the_line_that_calls() -> None:
    def entry(caller: int, value: float) -> Trace:
        return Trace(steps=[Step(2, {"a": tensor(value)}, inner=True, caller=caller)])

    translated = with_callers(entry(0, 1), entry(7, 1))
    found = first_divergence(translated, entry(0, 2), alike=True)
    assert found is not None and (found.line, found.path) == (7, "a[0]")


def test_first_difference_of_elements() -> None:
    assert first_difference("int32", "0100000002000000", "0100000003000000") == (1, "0x00000002", "0x00000003")
    assert first_difference("float32", "0000c07f", "0100c07f") is None  # NaN and NaN
    assert first_difference("bfloat16", "803f", "813f") == (0, "0x3f80", "0x3f81")
    assert first_difference("complex64", "00" * 12 + "0000803f", "00" * 16) == (1, "0x3f800000", "0x00000000")
