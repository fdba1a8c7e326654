"""The special methods that have a translation."""

from __future__ import annotations

#: The special methods of operators, by what they are called in C++.
OPERATORS = frozenset(
    f"__{prefix}{name}__"
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
    for prefix in ("", "r", "i")
) | {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}

#: All special methods that a class may define.
SPECIAL = OPERATORS | {
    "__init__", "__call__", "__len__", "__getitem__", "__setitem__", "__contains__", "__iter__", "__repr__", "__str__",
    "__neg__", "__pos__", "__invert__", "__abs__",
    "__bool__", "__post_init__", "__enter__", "__exit__",
}  # fmt: skip
