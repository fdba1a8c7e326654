"""What temporaries are called: after what makes their values."""

from __future__ import annotations

from py2cpp_autograd import ir
from py2cpp_autograd.types import ListType, OptionalType, TensorType


def stem(value: ir.Expr) -> str:
    """A readable name for what a temporary holds."""
    match value:
        case ir.Apply(row=row):
            method = row.rpartition(".")[2]
            return _OPERATIONS.get(method) or (_noun(value) if method[:2] == "__" else method.strip("_").lower())
        case ir.MethodCall(method=method) if method.partition("#")[0] == "forward":
            return "output"
        case ir.MethodCall(method=method):
            plain = method.partition("#")[0]
            return plain.strip("_") if plain.startswith("__") and plain.endswith("__") else plain
        case ir.Call(function=function):
            return f"{function}_result"
        case ir.New(class_name=name) | ir.FunctionApply(class_name=name):
            return name[:1].lower() + name[1:]
        case _:
            return _noun(value)


_OPERATIONS = {
    "__add__": "sum", "__radd__": "sum", "__sub__": "difference", "__rsub__": "difference", "__mul__": "product",
    "__rmul__": "product", "__truediv__": "quotient", "__rtruediv__": "quotient", "__pow__": "power",
    "__rpow__": "power", "__matmul__": "product", "__neg__": "negative",
}  # fmt: skip


def _noun(value: ir.Expr) -> str:
    match value.type:
        case TensorType() | OptionalType(inner=TensorType()):
            return "tensor"
        case ListType():
            return "values"
        case _:
            return "value"
