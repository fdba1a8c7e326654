"""The special methods that have a translation."""

from __future__ import annotations

#: The special methods of operators, by what they are called in C++.
OPERATORS = frozenset(
    f"__{prefix}{name}__"
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
    for prefix in ("", "r", "i")
) | {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}

#: Classes of Python that between them have most of the special methods.
_BUILT_IN = (object, type, int, float, complex, str, bytes, list, tuple, dict, set, range, slice, property, Exception)
#: Those that none of these has.
_OTHERS = frozenset({
    "__aenter__", "__aexit__", "__aiter__", "__anext__", "__annotations__", "__array__", "__array_function__",
    "__array_interface__", "__array_priority__", "__array_ufunc__", "__await__", "__buffer__", "__bytes__",
    "__cinit__", "__cmp__", "__coerce__", "__copy__", "__cuda_array_interface__", "__deepcopy__", "__del__",
    "__delete__", "__delslice__", "__div__", "__dlpack__", "__dlpack_device__", "__enter__", "__exit__",
    "__fspath__", "__get__", "__getattr__", "__getinitargs__", "__getitems__", "__getnewargs__",
    "__getnewargs_ex__", "__getslice__", "__getstate__", "__hex__", "__idiv__", "__ifloordiv__", "__ilshift__",
    "__imatmul__", "__imod__", "__index__", "__instancecheck__", "__ipow__", "__irshift__", "__iter__",
    "__itruediv__", "__length_hint__", "__long__", "__match_args__", "__matmul__", "__metaclass__", "__missing__",
    "__module__", "__mro_entries__", "__next__", "__nonzero__", "__oct__", "__post_init__", "__prepare__",
    "__rdiv__", "__release_buffer__", "__replace__", "__reversed__", "__rmatmul__", "__set__", "__set_name__",
    "__setslice__", "__setstate__", "__slots__", "__subclasscheck__", "__tensor_flatten__", "__tensor_unflatten__",
    "__torch_dispatch__", "__torch_function__", "__unicode__", "__weakref__",
})  # fmt: skip


def is_special(name: str) -> bool:
    """Whether Python, or a library, calls a method of this name by itself."""
    if not (name.startswith("__") and name.endswith("__")):
        return False
    return name in SPECIAL | _OTHERS or any(hasattr(known, name) for known in _BUILT_IN)


#: All special methods that a class may define.
SPECIAL = OPERATORS | {
    "__init__", "__call__", "__len__", "__getitem__", "__setitem__", "__contains__", "__iter__", "__repr__", "__str__",
    "__neg__", "__pos__", "__invert__", "__abs__",
    "__bool__", "__post_init__", "__enter__", "__exit__",
}  # fmt: skip
