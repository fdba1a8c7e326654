"""The functions of Python's `operator` module that are operators, with the operators."""

from __future__ import annotations

from typing import Final

import libcst as cst

BINARY: Final[dict[str, type[cst.BaseBinaryOp]]] = {
    "add": cst.Add, "sub": cst.Subtract, "mul": cst.Multiply, "truediv": cst.Divide, "floordiv": cst.FloorDivide,
    "mod": cst.Modulo, "pow": cst.Power, "matmul": cst.MatrixMultiply, "and_": cst.BitAnd, "or_": cst.BitOr,
    "xor": cst.BitXor, "lshift": cst.LeftShift, "rshift": cst.RightShift,
}  # fmt: skip
COMPARED: Final[dict[str, type[cst.BaseCompOp]]] = {
    "lt": cst.LessThan, "le": cst.LessThanEqual, "gt": cst.GreaterThan, "ge": cst.GreaterThanEqual,
    "eq": cst.Equal, "ne": cst.NotEqual,
}  # fmt: skip
UNARY: Final[dict[str, type[cst.BaseUnaryOp]]] = {"neg": cst.Minus, "not_": cst.Not, "invert": cst.BitInvert}


def is_operator(name: str | None) -> bool:
    """Whether an API name is one of these functions."""
    module, _, function = (name or "").rpartition(".")
    return module == "operator" and function in {*BINARY, *COMPARED, *UNARY, "getitem"}
