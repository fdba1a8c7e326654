"""What the selection of one unit knows: the table, the headers it needs so far, the names of the function at hand."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.clock import Clock
from py2cpp_autograd.backend.cpp_types import api_names, cpp_type, needs_arguments, parameter_type, result_type
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.names import Spellings, cpp_name
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.layout import SINGLE, Layout
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Variant
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    FloatType,
    InstanceType,
    IntType,
    OptionalType,
    Type,
    is_module_container,
    is_module_instance,
)

#: A named exception to the table: makes the C++ of an application that no pattern can say.
Hook = Callable[["Selection", ir.Apply, Filler], cpp.Expr]


@dataclass(frozen=True)
class Members:
    """What a class has, in C++: names that stand for something else in its functions than outside."""

    names: frozenset[str] = frozenset()
    inherits: bool = False  # it has all that a class of LibTorch has, too

    def hide(self, name: str) -> bool:
        """Whether a name of the module, written as it is, would be a member."""
        return self.inherits or cpp_name(name) in self.names


@dataclass
class Selection:
    """The state of selecting one unit."""

    table: Table
    report: Report
    hooks: dict[str, Hook]
    lower: Callable[[Selection, ir.Expr], cpp.Expr]
    clock: Clock
    headers: set[str] = field(default_factory=set)
    overloaded: frozenset[str] = frozenset()
    qualified: Mapping[str, str] = field(default_factory=dict)
    changing: set[str] = field(default_factory=set)  # local functions that call a module that they keep
    homes: Mapping[str, str] = field(default_factory=dict)  # the namespaces of the module's variables and functions
    spelled: Spellings = field(default_factory=Spellings)
    members: Members = field(default_factory=Members)  # of the class at hand
    hidden: set[str] = field(default_factory=set)  # variables of the module that a member of the class would hide
    unsure: frozenset[str] = frozenset()  # variables at hand that may have no value, held in a `std::optional`
    late: frozenset[tuple[str, str]] = frozenset()  # attributes that may have no value, by class
    doubtful: frozenset[str] = frozenset()  # those that expressions bind, which may not be evaluated
    instance: str | None = None
    function_context: str | None = None
    in_constructor: bool = False
    catches: bool = False  # the program has a `try`: each exception must be the one that Python raises
    huge: bool = False  # the program has ints near the end of 64 bits
    repeated: frozenset[str] = frozenset()  # attributes that the constructor may assign more than once
    edges: dict[int, int | None] = field(default_factory=dict)
    class_name: str | None = None
    modules: frozenset[str] = frozenset()
    ahead: set[str] = field(default_factory=set)  # modules that are declared before they are defined
    dicts: Mapping[str, tuple[Type, ...]] = field(default_factory=dict)  # objects that are dicts: what they hold
    locals: set[str] = field(default_factory=set)
    shared: frozenset[str] = frozenset()  # variables of the module that functions use
    bounded: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    fresh: int = 0
    by_value: frozenset[tuple[str, int]] = frozenset()  # parameters that methods of families all have copies of
    traced: bool = False  # functions have recorder lines, too
    layout: Layout = SINGLE

    def expression(self, node: ir.Expr) -> cpp.Expr:
        """The C++ of an expression."""
        return self.lower(self, node)

    def type(self, type_: Type) -> str:
        """The C++ type, with the header it needs noted."""
        return self._spelled(type_, cpp_type(self.table, type_))

    def result(self, type_: Type) -> str:
        """The C++ type of a function's result."""
        return self._spelled(type_, result_type(self.table, type_))

    def parameter_type(self, type_: Type, mutated: bool) -> str:
        """How a function takes a value of the type."""
        return self._spelled(type_, parameter_type(self.table, type_, mutated))

    def _spelled(self, type_: Type, spelled: str) -> str:
        for name in api_names(type_):
            row = self.table.find(name)
            if row is not None and row.variants[0].header is not None:
                self.note_header(row.variants[0].header)
        return self.with_headers(spelled)

    def note_header(self, header: str) -> None:
        """Include what a row names: a header of the standard library, or one of the runtime."""
        self.headers.add(header if header.startswith("<") else f'"{header}"')

    def with_headers(self, spelled: str) -> str:
        """The C++, after noting the headers of the types that it names."""
        for word, header in _TYPE_HEADERS:
            if word in spelled:
                self.headers.add(header)
        return spelled

    def shim(self, header: str, name: str, *arguments: cpp.Expr) -> cpp.Expr:
        """A call of a function of the runtime."""
        self.headers.add(f'"py2cpp/{header}.h"')
        return cpp.Call(cpp.Name(f"py2cpp::{name}"), arguments)

    def call(self, name: str, *arguments: cpp.Expr, header: str | None = None) -> cpp.Expr:
        """A call of a C++ function."""
        if header is not None:
            self.headers.add(header)
        return cpp.Call(cpp.Name(name), arguments)

    def variant(self, row: str, index: int) -> Variant:
        """The variant that an IR node names."""
        found = self.table.find(row)
        assert found is not None
        variant = found.variants[index]
        if variant.header is not None:
            self.note_header(variant.header)
        self.with_headers(str(variant.words.get("cpp", "")))
        return variant

    def name(self, name: str) -> str:
        """The C++ spelling of a variable or parameter."""
        spelled = self.spelled.variable(name)
        return f"{self.homes[name]}::{spelled}" if name in self.hidden else spelled

    def variable(self, name: str) -> cpp.Expr:
        """What a variable holds."""
        spelled = cpp.Name(self.name(name))
        return cpp.Unary("*", spelled) if name in self.unsure else spelled

    def variable_type(self, name: str, type_: Type) -> str:
        """The C++ type of a variable, where it may have no value too."""
        spelled = self.type(type_)
        return self.with_headers(f"std::optional<{spelled}>") if name in self.unsure else spelled

    @contextmanager
    def hiding(self, names: Iterable[str]) -> Iterator[None]:
        """While variables of an inner scope hide others: they surely have values."""
        before, self.unsure = self.unsure, self.unsure - set(names)
        try:
            yield
        finally:
            self.unsure = before

    def parameter(self, name: str, used: Container[str]) -> str:
        """The C++ spelling of a parameter, in a comment where the body does not read it."""
        return self.name(name) if name in used else f"/*{self.name(name)}*/"

    def function(self, name: str) -> str:
        """The C++ spelling of a function that is called: qualified where LibTorch or a member would interfere."""
        spelled = self.reference(name)
        return self.qualified.get(name, spelled) if spelled == cpp_name(name) else spelled

    def reference(self, name: str) -> str:
        """The C++ spelling of a function that is not called: qualified where a member would hide it."""
        is_hidden = name in self.homes and self.members.hide(name)
        return f"{self.homes[name]}::{cpp_name(name)}" if is_hidden else cpp_name(name)

    def method(self, name: str) -> str:
        """The C++ spelling of a method: not that of a type, nor of a member of LibTorch's own base class."""
        return self.spelled.method(name)

    def is_pointer(self, type_: Type) -> bool:
        """Whether members of a value are reached with an arrow."""
        plain = type_.inner if isinstance(type_, OptionalType) else type_
        return self.is_module(plain) or (isinstance(plain, InstanceType) and plain.kind in ("object", "family"))

    def is_boxed(self, type_: Type) -> bool:
        """Whether an attribute of the type is held by a shared pointer: its C++ class needs arguments to be made."""
        return needs_arguments(self.table, type_)

    def field(self, name: str) -> str:
        """The C++ spelling of an attribute: not that of a type, nor of a member of LibTorch's own base class."""
        return self.spelled.field(name)

    def is_late(self, owner: Type, name: str) -> bool:
        """Whether an attribute of objects of a class may have no value, so that a `std::optional` holds it."""
        return isinstance(owner, InstanceType) and (owner.name, name) in self.late

    def is_local(self, spelled: str) -> bool:
        """Whether a variable of the function at hand has this C++ spelling: it hides a member that has it too."""
        return any(self.spelled.variable(name) == spelled for name in self.locals)

    def free(self, wanted: str) -> str:
        """The name wanted, or one like it where the program has a variable or attribute of this name."""
        return self.temporary(wanted) if wanted in self.taken else wanted

    def temporary(self, stem: str) -> str:
        """A name that no variable of the program has."""
        while True:
            self.fresh += 1
            name = f"{stem}{self.fresh if self.fresh > 1 else ''}_"
            if name not in self.taken:
                return name

    def is_module(self, type_: Type) -> bool:
        """Whether a value is a module holder, whose members are reached with an arrow."""
        plain = type_.inner if isinstance(type_, OptionalType) else type_
        if is_module_instance(plain) or is_module_container(plain):
            return True
        if plain == ApiType(roles.ANY_MODULE):
            return False
        return isinstance(plain, ApiType) and roles.is_module(self.table, plain.name)

    def initial(self, type_: Type) -> cpp.Expr | None:
        """What a variable outside of functions has before it is assigned; None where C++ says it."""
        if self.is_module(type_):
            return cpp.Brace(None, (cpp.Name("nullptr"),))
        row = self.table.find(type_.name) if isinstance(type_, ApiType) else None
        if row is not None and "initial" in row.variants[0].words:
            return cpp.Name(str(row.variants[0].words["initial"]))
        return None

    def initial_or_zero(self, type_: Type) -> cpp.Expr | None:
        """What a variable or attribute has that is declared before it is assigned."""
        zero: dict[type, cpp.Expr] = {IntType: cpp.Int(0), FloatType: cpp.Float(0.0), BoolType: cpp.Bool(False)}
        return zero.get(type(type_), self.initial(type_))


_TYPE_HEADERS = (
    ("std::vector", "<vector>"),
    ("py2cpp::ModuleList", '"py2cpp/modules.h"'),
    ("py2cpp::ModuleDict", '"py2cpp/modules.h"'),
    ("std::tuple", "<tuple>"),
    ("std::optional", "<optional>"),
    ("std::monostate", "<variant>"),
    ("std::function", "<functional>"),
    ("std::string", "<string>"),
    ("std::shared_ptr", "<memory>"),
    ("py2cpp::TupleKey<", '"py2cpp/tuple_key.h"'),
    ("py2cpp::Set<", '"py2cpp/set.h"'),
    ("py2cpp::Counter<", '"py2cpp/collections.h"'),
    ("py2cpp::DefaultDict<", '"py2cpp/collections.h"'),
    ("py2cpp::Deque<", '"py2cpp/collections.h"'),
)
