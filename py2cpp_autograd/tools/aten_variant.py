"""One overload of an operator to the words of a row's variants: signature, C++ pattern, what is absent, effect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from torchgen.api import cpp
from torchgen.api.python import (
    PythonArgument,
    PythonSignatureNativeFunctionPair,
    structseq_fieldnames,
)
from torchgen.api.types import Binding
from torchgen.context import native_function_manager
from torchgen.model import BaseType, NativeFunction, SchemaKind, Type
from torchgen.packaged.autograd import gen_python_functions as bindings

from py2cpp_autograd.tools.aten_treatments import NO_TREATMENT, TREATMENTS, Treatment
from py2cpp_autograd.tools.aten_words import (
    NAMED_DEFAULTS,
    Inexpressible,
    hole,
    is_int_list,
    python_default,
    returned,
    word,
)

#: Operators that change an argument although their schema does not say so: the running statistics.
_WRITERS = frozenset({"batch_norm", "native_batch_norm", "instance_norm", "rrelu_with_noise"})
#: Operators that may draw random numbers although no tag and no Generator says so.
_RANDOM = re.compile(r"dropout|^rrelu|^(lstm|gru|rnn_tanh|rnn_relu)$|scaled_dot_product_attention|^rand|^bernoulli")
#: Names that a declaration of namespace `torch` hides where `at` has more overloads.
_HIDDEN = frozenset({"normal"})
#: Functions whose Tensor arguments may be Python numbers (`should_allow_numbers_as_tensors` of torch's parser).
_TAKES_NUMBERS = frozenset(
    {"add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide"}
)
#: Overloads that no pattern can reach soundly.
_UNREACHABLE = re.compile(r"^(gradient|histogramdd)\b")
#: Overloads whose `_out` function cannot be told from another unless these arguments are written.
_AMBIGUOUS_OUT = {
    "bernoulli": {"generator": "std::optional<at::Generator>(generator)"},
    "normal.Tensor_float": {"std": "/*std=*/std", "generator": "std::optional<at::Generator>(generator)"},
}
#: Options of `out=` that have no say in what is written.
_SILENT = ("layout", "device", "pin_memory")

_NUMBERS = "<ATen/ScalarOps.h>"
_OPTIONS = {
    "dtype": "dtype?",
    "layout": "Layout?",
    "device": "device?",
    "pin_memory": "bool?",
    "requires_grad": "bool?",
}

Words = dict[str, object]


@dataclass(frozen=True)
class Slot:
    """A parameter on its way into a `sig`; `default` is Python text."""

    name: str
    word: str
    default: str | None = None
    keyword: bool = False
    variadic: bool = False

    def __str__(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        return f"{'*' if self.variadic else ''}{self.name}: {self.word}{default}"


@dataclass(frozen=True)
class Overload:
    """One overload: its operator, how Python sees it, and whether it is called as a method."""

    pair: PythonSignatureNativeFunctionPair
    method: bool
    out: NativeFunction | None = None  # the C++ function that Python calls when `out=` is given

    @property
    def function(self) -> NativeFunction:
        """The operator's schema."""
        return self.pair.function

    @property
    def treatment(self) -> Treatment:
        """What C++ overload resolution must be told."""
        return TREATMENTS.get(str(self.function.func.name), NO_TREATMENT)

    def variants(self) -> tuple[list[Words], list[Words]]:
        """The variants that stand in Python's order, and those for the end of the row; raises Inexpressible."""
        if _UNREACHABLE.match(str(self.function.func.name)):
            raise Inexpressible("ambiguous in C++")
        slots, absent = self.slots()
        treated = [self._treated(slot) for slot in slots]
        found = [self._words(treated, absent)]
        if self.treatment.short:
            found.insert(0, self._short(slots, absent))
        if self.treatment.split is None:
            return found, []
        first, last = self._split(treated, absent, self.treatment.split)
        return [*found[:-1], *first], last

    def out_variants(self) -> list[Words]:
        """The variants that write into `out=`: they stand behind those that make their result; raises Inexpressible."""
        if self.out is None or self.method:
            return []
        slots, _ = self.slots()
        left_out = {"out", "memory_format", *(a.name for a in self.pair.signature.tensor_options_args)}
        kept = [self._treated(slot) for slot in slots if slot.name not in left_out]
        required = [self._never_none(slot) for slot in kept]
        found = self._out_words(self.out, required, {})
        if self.treatment.split not in self.treatment.required:
            return found
        name = str(self.treatment.split)
        nothing = self._out_words(self.out, *self._without(kept, name))
        return [*found, *(words | {"absent": {name: "None"}} for words in nothing)]

    def _out_words(self, function: NativeFunction, kept: list[Slot], nothing: dict[str, str]) -> list[Words]:
        """The variants of `out=` alone, and of `out=` beside the dtype that it must have."""
        outs = [a.name for a in function.func.arguments.out]
        fixed = {name: f"out[{place}]" for place, name in enumerate(outs)} if len(outs) > 1 else {outs[0]: "out"}
        fixed |= {s.name: _number(s.name) for s in kept if self._is_number_for_tensor(function, s)} | nothing
        fixed |= _AMBIGUOUS_OUT.get(str(self.function.func.name), {})
        words = self._out_alone(function, kept, fixed)
        if not any(a.name == "dtype" for a in self.pair.signature.tensor_options_args):
            return [words]
        rest = {name: text for name, text in _OPTIONS.items() if name != "dtype"}
        options = [Slot(name, text, "False" if "bool" in text else "None", True) for name, text in rest.items()]
        plain = self._out_alone(function, [*kept, Slot("dtype", "None", "None", True), *options], fixed)
        checked = fixed | {outs[0]: "py2cpp::written(out, dtype)"}
        typed = self._out_alone(function, [*kept, Slot("dtype", "dtype", None, True), *options], checked)
        plain["absent"] = typed["absent"] = {"requires_grad": "False"}
        plain["ignored"], typed["ignored"] = ["dtype", *_SILENT], list(_SILENT)
        return [plain, typed | {"header": "py2cpp/out.h"}]

    def _out_alone(self, function: NativeFunction, kept: list[Slot], fixed: dict[str, str]) -> Words:
        outs = function.func.arguments.out
        of_list = not isinstance(outs[0].type, BaseType)
        word_ = "Tensor[]" if of_list else "Out" if len(outs) == 1 else f"({', '.join(['Out'] * len(outs))})"
        result = "None" if of_list else self.result()
        words: Words = {"sig": f"{_signature([*kept, Slot('out', word_, keyword=True)])} -> {result}"}
        call = self._call(function, kept, fixed, {"memory_format"}, False)
        words["cpp"] = call if len(outs) == 1 else f"py2cpp::items<{', '.join(map(str, range(len(outs))))}>({call})"
        words["effect"] = "write"
        if not of_list:
            words["result"] = "out" if len(outs) == 1 else ["unknown"] * len(outs)
        headers = ["py2cpp/functions.h"] * (len(outs) > 1) + [_NUMBERS] * ("wrapped_scalar_tensor" in call)
        return words | ({"header": headers[0]} if headers else {})

    def numbers_first(self) -> list[Words]:
        """The variant whose first argument is a number, where torch's parser takes one for a tensor."""
        if self.method or str(self.function.func.name.name) not in _TAKES_NUMBERS or folded(self.function):
            return []
        slots, absent = self.slots()
        if not slots or [slot.word for slot in slots[:2]] != ["Tensor", "Tensor"]:
            return []
        first = replace(slots[0], word="Scalar")
        words = self._words([first, *slots[1:]], absent, {first.name: _number(first.name)})
        return [words | {"header": _NUMBERS}]

    def _is_number_for_tensor(self, out: NativeFunction, slot: Slot) -> bool:
        types = {hole(a.name, self.method, a.type): str(a.type) for a in out.func.arguments.flat_non_out}
        return slot.word == "Scalar" and types.get(slot.name) == "Tensor"

    def _split(self, slots: list[Slot], absent: dict[str, str], name: str) -> tuple[list[Words], list[Words]]:
        """A variant for lists, and one for None."""
        lists = [replace(s, word=s.word.rstrip("?"), default=None) if s.name == name else s for s in slots]
        none, nothing = self._without(slots, name)
        return [self._words(lists, absent)], [self._words(none, absent | {name: "None"}, nothing)]

    @staticmethod
    def _without(slots: list[Slot], name: str) -> tuple[list[Slot], dict[str, str]]:
        """The slots where a list is None, and what C++ is told instead."""
        none = [replace(s, word="None", default="None") if s.name == name else s for s in slots]
        ints = any(slot.name == name and slot.word.startswith("int") for slot in slots)
        return none, {name: "at::OptionalIntArrayRef()" if ints else f"/*{name}=*/std::nullopt"}

    def _treated(self, slot: Slot) -> Slot:
        word = slot.word.rstrip("?") if slot.name in self.treatment.strict else slot.word
        return replace(slot, word=word, default=None if slot.name in self.treatment.required else slot.default)

    def _never_none(self, slot: Slot) -> Slot:
        """The slot without None, where that would have to be a variant of its own."""
        splits = slot.name == self.treatment.split and slot.default is None
        return replace(slot, word=slot.word.rstrip("?")) if splits else slot

    def _short(self, slots: list[Slot], absent: dict[str, str]) -> Words:
        """The variant of calls that leave out the first typed argument and all behind it."""
        order = [hole(binding.name, self.method, self._types().get(binding.name)) for binding in self.bindings()]
        first = min(order.index(name) for name in self.treatment.typed)
        dropped = set(order[first:])
        return self._words([slot for slot in slots if slot.name not in dropped], absent, dropped=dropped)

    # --------------------------------------------------------------------------------------- Python's side

    def slots(self) -> tuple[list[Slot], dict[str, str]]:
        """The parameters in Python's order, and those that C++ does not have."""
        python = self.pair.signature
        raw = {argument.name: argument.default for argument in self.function.func.arguments.flat_non_out}
        found = [Slot("self", "Tensor")] if self.method else []
        positional = [a for a in python.input_args if not (folded(self.function) and a.name == "alpha")]
        variadic = len(positional) == 1 and is_int_list(positional[0].type)
        found += [replace(self._slot(argument, raw), variadic=variadic) for argument in positional]
        rest = [*python.input_kwargs, *(a for a in python.input_args if a not in positional)]
        found += [replace(self._slot(argument, raw), keyword=True) for argument in rest]
        given = {argument.name for argument in python.tensor_options_args}
        for name, word_ in _OPTIONS.items():
            if name in given:
                found.append(Slot(name, word_, "False" if word_ == "bool?" else "None", keyword=True))
        absent = self._absent(given)
        if python.output_args is not None:
            found.append(Slot("out", "Tensor?" if len(python.output_args.outputs) == 1 else "Tensor[]?", "None", True))
            absent["out"] = "None"
        return found, absent

    def _slot(self, argument: PythonArgument, raw: dict[str, str | None]) -> Slot:
        default = raw.get(argument.name)
        text = None if default is None else python_default(default)
        type_ = "Out" if argument.name in self._changed() else word(argument.type)
        return Slot(hole(argument.name, self.method, argument.type), type_, text)

    def _changed(self) -> set[str]:
        """The tensors that a function takes by reference because it writes into them."""
        given = () if self.method else self.function.func.arguments.flat_non_out
        return {a.name for a in given if a.annotation is not None and a.annotation.is_write and str(a.type) == "Tensor"}

    def _absent(self, given: set[str]) -> dict[str, str]:
        options = self.function.func.arguments.tensor_options
        every = {name: "False" if name in ("pin_memory", "requires_grad") else "None" for name in _OPTIONS}
        absent: dict[str, str] = {}
        if options is None:
            absent = {name: value for name, value in every.items() if name in given}
        elif self._makes_ints():
            absent = {name: every[name] for name in ("layout", "pin_memory", "requires_grad")}
        elif self.method:
            absent = {"requires_grad": "False"}
        if options is not None and "memory_format" in {a.name for a in self.function.func.arguments.flat_non_out}:
            absent["memory_format"] = "None"
        return absent

    def _makes_ints(self) -> bool:
        """Whether the operator has a default dtype of its own, int64, which other options must not take away."""
        options = self.function.func.arguments.tensor_options
        return options is not None and options.dtype.default not in (None, "None")

    def result(self) -> str:
        """The result in the row language."""
        returns = self.function.func.returns
        words = [returned(r.type) for r in returns]
        if len(words) < 2:
            return words[0] if words else "None"
        names = structseq_fieldnames(returns)
        parts = [f"{n}: {w}" for n, w in zip(names, words, strict=True)] if names else words
        return f"({', '.join(parts)})"

    def effect(self) -> str:
        """What a call does besides giving its value."""
        f = self.function
        name = str(f.func.name.name)
        if f.func.kind() in (SchemaKind.inplace, SchemaKind.mutable) or name in _WRITERS:
            return "write"
        generator = any(str(a.type) == "Generator?" for a in f.func.arguments.flat_non_out)
        return "rng" if generator or "nondeterministic_seeded" in f.tags or _RANDOM.search(name) else "pure"

    # ------------------------------------------------------------------------------------------ C++'s side

    def bindings(self) -> list[Binding]:
        """The arguments of the C++ function, `self` included."""
        return self._bindings(self.function)

    @staticmethod
    def _bindings(f: NativeFunction) -> list[Binding]:
        with native_function_manager(f):
            found: list[Binding] = cpp.arguments(
                f.func.arguments, faithful=False, symint=False, method=False, cpp_no_default_args=f.cpp_no_default_args
            )
        return found

    def _types(self) -> dict[str, Type]:
        return {a.name: a.type for a in self.function.func.arguments.flat_non_out}

    def pattern(self, slots: Iterable[Slot], fixed: dict[str, str], dropped: set[str]) -> str:
        """The C++ call; `fixed` arguments have the same text in all calls."""
        return self._call(self.function, slots, fixed, dropped, self.method)

    def _call(
        self, function: NativeFunction, slots: Iterable[Slot], fixed: dict[str, str], dropped: set[str], method: bool
    ) -> str:
        known = {slot.name: slot for slot in slots}
        values = []
        for binding in self._bindings(function):
            name = hole(binding.name, self.method, self._types().get(binding.name))
            if not (self.method and name == "self") and name not in dropped:
                values.append(fixed.get(name) or self._value(binding, known.get(name), name))
        return f"{'self.' if method else namespace(function) + '::'}{cpp.name(function.func)}({', '.join(values)})"

    def _value(self, binding: Binding, slot: Slot | None, name: str) -> str:
        if name in self.treatment.typed:
            return f"{self.treatment.typed[name]}({name})"
        undefaulted = slot is not None and slot.default is not None and binding.default is None
        undefaulted |= str(binding.default).rpartition("::")[2] in NAMED_DEFAULTS
        return f"/*{name}=*/{name}" if undefaulted or name in self.treatment.written else name

    def _words(
        self,
        slots: list[Slot],
        absent: dict[str, str],
        fixed: dict[str, str] | None = None,
        dropped: set[str] | None = None,
    ) -> Words:
        out = {"memory_format"} if "memory_format" in absent else set()
        words: Words = {"sig": f"{_signature(slots)} -> {self.result()}"}
        words["cpp"] = self.pattern(slots, fixed or {}, (dropped or set()) | out)
        if self.function.func.arguments.tensor_options is not None:
            words["options"] = "torch::TensorOptions(torch::kInt64)" if self._makes_ints() else "TensorOptions"
        if absent:
            words["absent"] = absent
        if self.effect() != "pure":
            words["effect"] = self.effect()
        return words


def _signature(slots: list[Slot]) -> str:
    positional = [slot for slot in slots if not slot.keyword]
    keywords = [slot for slot in slots if slot.keyword]
    starred = any(slot.variadic for slot in positional) or not keywords
    return f"({', '.join([*map(str, positional), *([] if starred else ['*']), *map(str, keywords)])})"


def _number(name: str) -> str:
    """A number as torch's Python parser makes a tensor of it."""
    return f"at::native::wrapped_scalar_tensor({name})"


def folded(f: NativeFunction) -> bool:
    """Whether Python reaches the overload through its Tensor sibling, which takes numbers too."""
    return str(f.func) in bindings.SKIP_PYTHON_BINDINGS_SIGNATURES


def namespace(f: NativeFunction) -> str:
    """`torch`, which holds all of `at`, unless it hides the operator behind one of its own."""
    hidden = cpp.name(f.func) in _HIDDEN and f.func.arguments.tensor_options is None
    return "at" if hidden else "torch"
