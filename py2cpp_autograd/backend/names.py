"""C++ spellings of Python names: kept, unless C++ reserves them or a macro or a C function has taken them."""

from __future__ import annotations

from dataclasses import dataclass

from py2cpp_autograd.backend.libc_names import LIBC_NAMES

_KEYWORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl
concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete
do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable
namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
requires return short signed sizeof static static_assert static_cast struct switch template this thread_local throw
true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq final override
import module
"""

#: Macros of the standard and platform headers, and of LibTorch's.
_MACROS = """
NULL EOF errno assert stdin stdout stderr INFINITY NAN HUGE_VAL M_E M_PI M_PI_2 M_PI_4 M_LN2 M_LN10 M_SQRT2 M_LOG2E
M_LOG10E M_1_PI M_2_PI M_2_SQRTPI M_SQRT1_2 I linux unix i386 major minor makedev signbit isnan isinf isfinite
isnormal CHAR_BIT INT_MAX INT_MIN LONG_MAX LONG_MIN SIZE_MAX UINT_MAX RAND_MAX BUFSIZ EXIT_SUCCESS EXIT_FAILURE
CLOCKS_PER_SEC offsetof va_list va_start va_arg va_end setjmp SIGINT SIGTERM TORCH_MODULE TORCH_API C10_API AT_ERROR
TORCH_CHECK TORCH_WARN CHECK LOG DCHECK VLOG FLT_MAX FLT_MIN FLT_EPSILON DBL_MAX DBL_MIN DBL_EPSILON complex OVERFLOW
UNDERFLOW DOMAIN
"""

#: Names that the emitted code itself uses unqualified, and types of the global namespace.
_USED = "torch at c10 std py2cpp run main int64_t int32_t size_t uint8_t"

RESERVED = frozenset(_KEYWORDS.split()) | frozenset(_MACROS.split()) | frozenset(_USED.split())

#: Members of `torch::nn::Module`, which attributes of subclasses must not hide.
MODULE_MEMBERS = frozenset(
    {
        "apply", "buffers", "children", "clone", "eval", "is_serializable", "is_training", "load", "modules", "name",
        "named_buffers", "named_children", "named_modules", "named_parameters", "parameters", "pretty_print",
        "register_buffer", "register_module", "register_parameter", "replace_module", "save", "shared_from_this", "to",
        "train", "unregister_module", "zero_grad", "as", "forward",
    }
)  # fmt: skip


def cpp_name(name: str) -> str:
    """The C++ spelling of a Python name: a trailing underscore on what is taken, no reserved underscores.

    A family of objects, "any Shape", is `AnyShape`.
    """
    spelled = f"Any{name.removeprefix('any ')}" if name.startswith("any ") else name
    while "__" in spelled:
        spelled = spelled.replace("__", "_u_")
    if spelled.startswith("_") and len(spelled) > 1 and spelled[1].isupper():
        spelled = f"u{spelled}"
    if spelled == "_" or spelled.startswith("_"):
        spelled = f"unused{spelled}" if spelled == "_" else spelled
    return f"{spelled}_" if spelled in RESERVED else spelled


def field_name(name: str) -> str:
    """The C++ spelling of an attribute: not that of a member of LibTorch's own base class, nor a number."""
    if name.isdecimal():
        return f"layer_{name}"
    return f"{cpp_name(name)}_" if name in MODULE_MEMBERS else cpp_name(name)


@dataclass(frozen=True)
class Spellings:
    """The C++ spellings of what has a type: in C++, a variable or member with the name of a type hides the type.

    In a class with a `__len__`, which is `len` in C++, the attribute `len` is `len_`.
    """

    types: frozenset[str] = frozenset()  # the classes of the program, as C++ spells them
    special: frozenset[str] = frozenset()  # special methods, as C++ spells them, beside a member of that name

    def variable(self, name: str) -> str:
        """That of a variable or parameter."""
        return self._beside_types(cpp_name(name))

    def field(self, name: str) -> str:
        """That of an attribute."""
        return self._beside_types(self._beside_special(field_name(name)))

    def method(self, name: str) -> str:
        """That of a method."""
        spelled = method_name(name)
        return self._beside_types(spelled if is_special(name) else self._beside_special(spelled))

    def _beside_special(self, spelled: str) -> str:
        return f"{spelled}_" if spelled in self.special else spelled

    def _beside_types(self, spelled: str) -> str:
        return f"{spelled}_" if spelled in self.types else spelled


#: What special methods are called in C++, where a Python operator becomes a call.
_SPECIAL = {
    "__call__": "call", "__len__": "len", "__getitem__": "get_item", "__setitem__": "set_item",
    "__contains__": "contains", "__iter__": "iter", "__repr__": "repr", "__str__": "str", "__eq__": "equals",
    "__ne__": "differs", "__lt__": "less", "__le__": "less_equal", "__gt__": "greater", "__ge__": "greater_equal",
    "__abs__": "absolute", "__bool__": "truth", "__enter__": "enter", "__exit__": "leave",
}  # fmt: skip


def is_special(name: str) -> bool:
    """Whether a method is one that Python's operators and builtins call."""
    return name.startswith("__") and name.endswith("__")


def method_name(name: str) -> str:
    """The C++ spelling of a method: `set_n` for the setter of n, `Base_forward` for what `super()` calls.

    `forward#2` is `forward_2`: the method for calls with arguments of other types.
    """
    plain, _, number = name.partition("#")
    if number:
        return f"{method_name(plain).rstrip('_')}_{number}"
    owner, _, method = name.rpartition(".")
    if method == "setter":
        return f"set_{cpp_name(owner)}"
    if owner:
        return f"init_{cpp_name(owner)}" if method == "__init__" else f"{cpp_name(owner)}_{method_name(method)}"
    if is_special(name):
        return cpp_name(_SPECIAL.get(name, name.strip("_")))
    return name if name == "forward" else field_name(name)


def namespace_of(source_name: str) -> str:
    """The namespace of a file: its stem as an identifier."""
    stem = source_name.rpartition(".")[0] or source_name
    name = "".join(character if character.isalnum() and character.isascii() else "_" for character in stem)
    if not name or name[0].isdigit():
        name = f"program_{name}"
    name = name.strip("_") or "program"
    return f"{name}_" if name in LIBC_NAMES else cpp_name(name)
