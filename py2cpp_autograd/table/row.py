"""Rows of the table: one API name, its variants, and what each says about C++. `mappings/README.md` is the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

from py2cpp_autograd import cpp
from py2cpp_autograd.diagnostics import CODES
from py2cpp_autograd.table import pattern, signature
from py2cpp_autograd.table.signature import Signature

Kind = Literal["cpp", "get", "guard", "class", "value", "alias", "refuse", "hook"]
Effect = Literal["pure", "rng", "write", "clock"]

KINDS: tuple[Kind, ...] = ("cpp", "get", "guard", "class", "value", "alias", "refuse", "hook")
#: The parameters that the word TensorOptions stands for.
TENSOR_OPTIONS = ("dtype", "layout", "device", "pin_memory", "requires_grad")
_WORDS = frozenset(
    {
        *KINDS, "sig", "set", "item", "options", "args", "absent", "effect", "result", "header", "fields", "state",
        "bases", "type", "why", "help", "examples", "registers", "shim", "value_type", "spread", "graph", "ordered",
        "holds", "family", "handle", "record", "recorded", "saved", "ignored", "keeps", "module",
        "statement", "distinct", "parameters", "persistent", "named", "parts", "idle", "initial", "iterator",
        "may_be_empty", "written", "slots", "tensors", "notes", "when", "derived", "frees", "forms", "none",
    }
)  # fmt: skip
#: What `result` may say, besides the names of parameters of type dtype.
_RESULTS = frozenset(
    {
        "float", "int", "bool", "complex", "promote", "same", "arithmetic", "inexact", "real", "sum", "data", "unknown",
    }
)  # fmt: skip
#: Bare names in patterns that are C++ and no holes.
_CPP_WORDS = frozenset(
    {"auto", "nullptr", "double", "float", "bool", "int", "int64_t", "int32_t", "uint8_t", "size_t", "char"}
)


class RowError(ValueError):
    """A row that breaks the row language; the message names the file and the key."""


@dataclass(frozen=True)
class Variant:
    """One variant (overload) of a row, as written; patterns and signature are parsed on first use."""

    key: str
    index: int
    words: Mapping[str, Any] = field(compare=False)
    location: str = field(compare=False)

    @cached_property
    def kind(self) -> Kind:
        """The one kind word of the variant; a setter alone is a "get", a guard that is a function too a "guard"."""
        found = [kind for kind in KINDS if kind in self.words]
        if found == ["cpp", "guard"]:
            return "guard"
        if not found and "set" in self.words:
            return "get"
        if len(found) != 1:
            raise self.error(f"exactly one of {', '.join(KINDS)} is needed, found {', '.join(found) or 'none'}")
        return found[0]

    @cached_property
    def signature(self) -> Signature:
        """The Python signature; no parameters where the row has none."""
        default = "(self: Tensor)" if self.kind == "get" else "()"
        try:
            return signature.parse(self.words.get("sig", default))
        except signature.SignatureError as error:
            raise self.error(str(error)) from None

    def pattern(self, word: str) -> cpp.Expr | None:
        """The C++ tree of one of the pattern words, or None where the row has none."""
        text = self.words.get(word)
        if text is None:
            return None
        try:
            return pattern.parse(text)
        except pattern.PatternError as error:
            raise self.error(str(error)) from None

    def arguments(self) -> cpp.Expr | None:
        """The C++ arguments of word `args`, as a call of nothing in particular."""
        text = self.words.get("args")
        return None if text is None else pattern.parse(f"arguments({text})")

    @property
    def effect(self) -> Effect:
        """What evaluating the call does besides giving its value."""
        effect: Effect = self.words.get("effect", "pure")
        return effect

    @property
    def is_differentiable(self) -> bool:
        """Whether reading the property is an operation of the autograd graph (`x.mT`; not `x.grad`)."""
        return self.words.get("graph") == "node"

    @property
    def recording(self) -> bool | None:
        """Whether autograd records what is under the guard; None: as outside."""
        return {"on": True, "off": False}.get(self.words.get("graph", ""))

    @property
    def calls_receiver(self) -> bool:
        """Whether the C++ is a member call on the receiver, which C++17 evaluates before the arguments."""
        match self.pattern("cpp"):
            case cpp.Call(callee=cpp.Member(object=cpp.Name(text=name))):
                return name == self.self_name
            case _:
                return False

    @property
    def absent(self) -> Mapping[str, tuple[object, ...]]:
        """Parameters without a C++ argument, and the values each is accepted with."""
        written = self.words.get("absent", {})
        return {
            name: tuple(map(signature.literal, [texts] if isinstance(texts, str) else texts))
            for name, texts in written.items()
        }

    @property
    def keeps(self) -> tuple[str, ...]:
        """Parameters whose function is called after the call has returned."""
        return tuple(self.words.get("keeps", ()))

    @property
    def ignored(self) -> frozenset[str]:
        """Parameters that change no value: any argument is accepted, and none is passed on."""
        return frozenset(self.words.get("ignored", ()))

    @property
    def factory(self) -> tuple[str, ...]:
        """The parameters of a constructor that say how its tensors are made: its dtype and device."""
        if self.kind != "class":
            return ()
        names = {parameter.name for parameter in self.signature.parameters if str(parameter.type) != "str"}
        return tuple(name for name in ("dtype", "device") if name in names and name not in self.absent)

    @property
    def has_tensor_options(self) -> bool:
        """Whether dtype, device and the like go into a C++ TensorOptions."""
        return bool(self.words.get("options") == "TensorOptions")

    @cached_property
    def settable(self) -> frozenset[str]:
        """The parameters that C++ sets on an options object, by a call of their own: `.stride(2)`."""
        if "options" not in self.words:
            return frozenset()
        if self.has_tensor_options:
            return frozenset(TENSOR_OPTIONS)
        parameters = {parameter.name for parameter in self.signature.parameters}
        elsewhere = [self.pattern(word) for word in ("cpp", "class")] + [self.arguments()]
        return frozenset(parameters) - {name for tree in elsewhere if tree is not None for name in pattern.names(tree)}

    @property
    def header(self) -> str | None:
        """A header that the C++ needs beyond LibTorch's own."""
        return self.words.get("header")

    @property
    def is_builtin(self) -> bool:
        """Whether Python's side is a function that torch's own argument parser serves: all generated rows are."""
        return self.location.startswith("aten")

    @property
    def refuse(self) -> str | None:
        """The diagnostic code of a refused name."""
        return self.words.get("refuse")

    @property
    def why(self) -> str:
        """Why a name is refused."""
        return str(self.words.get("why", ""))

    @property
    def help(self) -> str:
        """What to write instead of a refused name."""
        return str(self.words.get("help", ""))

    @property
    def registers(self) -> str | None:
        """What assigning the value to a module's attribute registers: "parameter", "buffer" or "module"."""
        return self.words.get("registers")

    @property
    def bases(self) -> tuple[str, ...]:
        """The classes in which attribute lookup goes on."""
        return tuple(self.words.get("bases", ()))

    @property
    def state(self) -> tuple[str, ...]:
        """The parameters and buffers of a module class."""
        return tuple(self.words.get("state", ()))

    @property
    def notes(self) -> Mapping[str, str]:
        """Parameters of which the program is remembered to give tensors, or numbers, and the name of that."""
        return dict(self.words.get("notes", {}))

    @property
    def when(self) -> tuple[str, ...]:
        """What must be remembered of a program for which the variant holds."""
        return tuple(self.words.get("when", ()))

    @property
    def examples(self) -> tuple[tuple[str, str], ...]:
        """Pairs of Python and the C++ (or the code of the diagnostic) that it gives."""
        return tuple((python, expected) for python, expected in self.words.get("examples", ()))

    @property
    def self_name(self) -> str:
        """The name of the receiver's parameter."""
        parameters = self.signature.parameters
        return parameters[0].name if parameters else "self"

    def error(self, message: str) -> RowError:
        """An error that says where the row stands."""
        return RowError(f'{self.location}: ["{self.key}"] {message}')

    def validate(self) -> None:
        """Check everything that loading lazily does not. Raises RowError."""
        unknown = set(self.words) - _WORDS
        if unknown:
            raise self.error(f"unknown word {', '.join(sorted(unknown))}")
        self._check_words()
        parameters = {parameter.name for parameter in self.signature.parameters}
        strangers = set(self.words.get("absent", {})) - parameters
        if strangers:
            raise self.error(f"absent names no parameter: {', '.join(sorted(strangers))}")
        if self.kind not in {"alias", "refuse", "value", "hook"}:
            self._check_holes(parameters)

    def _check_holes(self, parameters: set[str]) -> None:
        used = self._used_names()
        known = parameters | {"options", "value", "index", "self", "arguments"}
        holes = {name for name in used if name.isidentifier() and name not in _CPP_WORDS and not name.isupper()}
        if holes - known:
            raise self.error(f"{', '.join(sorted(holes - known))} is no parameter")
        value = {"value"} if "set" in self.words else set()
        unused = parameters - used - set(self.words.get("absent", {})) - self.ignored - value
        if unused and self.kind in {"cpp", "guard"}:
            raise self.error(f"parameter {', '.join(sorted(unused))} is used nowhere")

    def _check_words(self) -> None:
        """The words whose values are of a closed set."""
        if self.effect not in get_args(Effect):
            raise self.error(f"unknown effect {self.effect!r}")
        if self.words.get("graph", "on") not in ("on", "off", "node"):
            raise self.error(f"unknown graph {self.words['graph']!r}")
        if self.refuse is not None and self.refuse not in CODES:
            raise self.error(f"refuse names no diagnostic: {self.refuse!r}")
        written = self.words.get("result", "promote")
        parameters = {parameter.name for parameter in self.signature.parameters}
        for rule in written if isinstance(written, list) else [written]:
            unknown = set(str(rule).split("|")) - _RESULTS - parameters
            if unknown:
                raise self.error(f"unknown result {', '.join(sorted(unknown))}")
        if "type" in self.words:
            try:
                signature.parse_type(self.words["type"])
            except signature.SignatureError as error:
                raise self.error(str(error)) from None

    def _used_names(self) -> set[str]:
        used: set[str] = set()
        for word in ("cpp", "statement", "ordered", "get", "set", "item", "guard", "class", "args"):
            tree = self.arguments() if word == "args" else self.pattern(word)
            used |= pattern.names(tree) if tree is not None else set()
        if self.has_tensor_options:
            used |= set(TENSOR_OPTIONS) & {parameter.name for parameter in self.signature.parameters}
        elif "options" in self.words:
            # A builder takes the parameters that it does not name as `.name(value)`.
            used |= {parameter.name for parameter in self.signature.parameters}
        return used


@dataclass(frozen=True)
class Row:
    """All variants of one API name, in the order in which they are tried."""

    key: str
    variants: tuple[Variant, ...]

    @cached_property
    def is_generic(self) -> bool:
        """Whether the row takes values of whatever type, which it may keep or give back."""
        return any("$" in str(variant.words.get("sig", "")) for variant in self.variants)

    @staticmethod
    def of(key: str, written: Mapping[str, Any] | Iterable[Mapping[str, Any]], location: str) -> Row:
        """The row of a TOML table, or of an array of tables."""
        tables = [written] if isinstance(written, Mapping) else list(written)
        return Row(key, tuple(Variant(key, index, words, location) for index, words in enumerate(tables)))
