"""What lowering knows at a point of the program: assumptions about types, and the scopes that names live in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import tracked
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.join import join, same
from py2cpp_autograd.frontend.webs import Webs
from py2cpp_autograd.held_types import with_held
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import NEVER, Type, is_family

Key = tracked.Key

#: A tensor or module stands in several places of the modules: what lists their parameters must not repeat it.
SHARED: Key = ("shared state",)
#: The program makes deep copies of modules.
COPIED: Key = ("deep copies",)
#: The program calls modules with other tensors in the place of their own.
SWAPPED: Key = ("functional calls",)
#: The program shows modules as text.
SHOWN: Key = ("text of modules",)
#: A variable of the module holds an iterator, with the name behind it: no value of Python's is recorded.
ITERATOR: Key = ("iterator",)
#: Some nn.Sequential is made without modules.
EMPTY: Key = ("empty sequential",)
#: All is known but what has waited for that.
REST: Key = ("rest",)
#: (SET_AT_FIRST, class, name): the constructor sets the attribute by its name, on each way.
SET_AT_FIRST = "set at first"
#: (LATE, class, name): objects may be without the attribute where it is read, or asked for.
LATE = "late"
#: (FAMILY, family): the program has values that may be objects of several classes.
FAMILY = "family"
#: (KEYS, enumeration): its members are keys of dicts, which show the key that they lack.
KEYS = "keys"
#: Some buffer is not part of the state.
TRANSIENT: Key = ("transient buffers",)


def unbound_at_end(scope: Scope, name: str) -> Key:
    """Some way to the end of the module leaves a variable without a value: functions that read it have to look."""
    return ("unbound at the end", scope.identity, name)


def other_than(name: str) -> str:
    """The key of what a variable is known not to be, beside what it is known to be."""
    return f"not {name}"


def there(name: str) -> str:
    """The key of what is known to have a value: `self.x` behind `hasattr(self, "x")`."""
    return f"{name} there"


def variable_of(key: str) -> str:
    """The variable that something is known about: `x` of "x", "x.grad" and "not x"."""
    return key.removeprefix("not ").partition(".")[0]


def of_others(narrowed: Mapping[str, Type], changed: Collection[str]) -> dict[str, Type]:
    """What is known of variables, without those that get other values."""
    return {key: type_ for key, type_ in narrowed.items() if variable_of(key) not in changed}


@dataclass(frozen=True)
class Untold:
    """A parameter that nothing tells the type of, neither calls nor what is done with it."""

    identity: str
    name: str
    span: Span
    advice: str

    @property
    def fact(self) -> Key:
        """That it is not to be taken for anything."""
        return ("untold", self.identity, self.name)


class Assumptions:
    """Facts, and types joined, found so far in all rounds of lowering.

    A round is the last if nothing that it has looked at changes behind that.
    """

    def __init__(self, facts: Iterable[Key] = ()) -> None:
        self._looks = tracked.Looks()
        self.types = tracked.Types(self._looks)
        self.facts = tracked.Facts(facts, self._looks)
        self.untold: dict[Untold, None] = {}  # the parameters that are taken for tensors, in order
        self.changed = False
        self.pending = False  # something has been left for a later round, whatever it looked for
        self.again = False  # what is known of types is no longer true: they are found from the start

    def begin(self) -> None:
        """Begin a round."""
        self.changed = self.pending = False
        self._looks.forget()

    def get(self, key: Key) -> Type:
        """The type so far; unknown where nothing was assigned yet."""
        return self.types.get(key, NEVER)

    def expected(self, key: Key) -> Type:
        """The type so far, for who finds a type for the key next: that there is none yet tells them nothing."""
        known = self.types.known(key, NEVER)
        return known if known is NEVER else self.get(key)

    def join(self, key: Key, type_: Type) -> Type | None:
        """Widen the type at `key` to hold `type_` too; None (and no change) where no type holds both."""
        known = self.types.known(key, NEVER)
        joined = join(known, type_)
        if joined is not None and not same(joined, known):
            self._change(self.types.put(key, joined))
            self.note_families(joined)
        self._looks.add(key)
        return joined

    def replace(self, key: Key, type_: Type) -> None:
        """Let a type be another one than what was found."""
        self._change(self.types.put(key, type_))

    def note_families(self, type_: Type) -> None:
        """Remember the families of objects that values of a type are of, or hold."""
        for family in filter(is_family, with_held(type_)):
            self.note((FAMILY, str(family)))

    def of(self, kind: str, owner: str) -> dict[str, Type]:
        """The types of one kind that belong to a class or function, by name."""
        return {str(key[2]): type_ for key, type_ in self.types.starting(kind, owner).items()}

    def start_again(self) -> bool:
        """Forget the types, if a fact says so; whether it does."""
        again, self.again = self.again, False
        if again:
            self.types.clear()
            self.facts.discard(REST)
        return again

    def note(self, fact: Key) -> None:
        """Remember a fact for all later rounds."""
        if not self.facts.known(fact):
            self._change(self.facts.put(fact))

    def _change(self, looked_at: bool) -> None:
        """Whether another round is needed: what is pending may need anything that is found behind it."""
        self.changed = self.changed or looked_at or self.pending


@dataclass(frozen=True)
class Flow:
    """What is known about the names of a scope at one point of the program."""

    bound: frozenset[str]
    touched: frozenset[str]
    narrowed: dict[str, Type]


@dataclass
class Scope:
    """The variables of the module, a function or a lambda while it is lowered."""

    identity: str
    kind: Literal["module", "function", "lambda"]
    parent: Scope | None
    bindings: Bindings
    parameters: frozenset[str] = frozenset()
    body: cst.BaseSuite | cst.Module | None = None
    functions: dict[str, cst.FunctionDef | cst.Lambda] = field(default_factory=dict)
    applies: dict[str, str] = field(default_factory=dict)  # `square = Square.apply`: the name, and the class
    versions: dict[str, int] = field(default_factory=dict)
    webs: Webs | None = None  # what assigns and reads each variable, where one of them has several types
    owners: dict[tuple[str, int], cst.CSTNode] = field(default_factory=dict)  # what assigns each version first
    bound: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    afar: frozenset[str] = frozenset()  # variables of the module that only functions assign
    poisoned: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    narrowed: dict[str, Type] = field(default_factory=dict)
    given: list[tuple[str, Type]] = field(default_factory=list)  # what was assigned so far, and of what type
    extended: set[tuple[str, Span]] = field(default_factory=set)  # `xs += ys` that changes what the name has
    constants: dict[str, int | str] = field(default_factory=dict)  # variables that are assigned once
    dispatched: dict[str, ir.Expr] = field(default_factory=dict)  # loop variables, in a body lowered for one class
    written_out: dict[str, tuple[int, int]] = field(default_factory=dict)  # variables of such loops, and their `depth`
    block_depth: int = 0
    skipped: list[cst.CSTNode] = field(default_factory=list)  # blocks that never run
    freed: set[str] = field(default_factory=set)  # variables whose graph has been freed since they were assigned
    loops: list[frozenset[str]] = field(default_factory=list)  # the loops around, by the names that they bind
    exits: list[list[Flow]] = field(default_factory=list)  # what was known at each `break` of the loops around
    self_class: str | None = None
    owner_class: str | None = None  # where the method stands, which a base class of `self_class` may be
    keywords: str | None = None  # `kwargs` of `**kwargs`, which may only be passed on
    keywords_at: Key | None = None  # the facts about it
    keyword_names: tuple[tuple[str, str], ...] = ()  # what calls give to it, with the parameters that stand for it
    popped: dict[str, cst.CSTNode] = field(default_factory=dict)  # what was taken out of it, and where
    class_parameter: str | None = None  # `cls` of a class method
    class_body: str | None = None  # the class whose body this is
    mentions: dict[str, int] = field(default_factory=dict)  # how often the body uses a name, tests for None aside
    constructing: bool = False  # a method that runs only while its object is made
    instance: str | None = None
    instance_type: Type | None = None
    result: Key | None = None
    yields: Key | None = None  # what a generator gives
    tries: int = 0  # the bodies of `try` around
    handlers: list[str | None] = field(default_factory=list)  # the except blocks around, by the name of the exception
    closes: bool = False  # functions are defined in the body, which may read its variables later
    failed: bool = False  # a statement was refused, so that what the function gives is not known
    returned: cst.BaseExpression | None = None  # what the `return` at hand gives
    own_functions: frozenset[Span] = frozenset()  # functions that the object at hand gets for an attribute of its own
    fresh: int = 0
    dispatch_count: int = 0  # variables of loops over modules so far

    @property
    def loop_depth(self) -> int:
        """How many loops are around."""
        return len(self.loops)

    @property
    def depth(self) -> tuple[int, int]:
        """How many blocks and loops are around what is lowered now."""
        return self.block_depth, self.loop_depth

    @contextmanager
    def loop(self, names: frozenset[str]) -> Iterator[list[Flow]]:
        """While the body of a loop is lowered; gives what is known where a `break` leaves it."""
        self.loops.append(names)
        self.exits.append([])
        try:
            yield self.exits[-1]
        finally:
            self.loops.pop()
            self.exits.pop()

    def standing(self, name: str) -> ir.Expr | None:
        """What a name stands for instead of a variable: that of a loop whose body is lowered for one value of it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.dispatched:
                return scope.dispatched[name]
            scope = None if scope.owns(name) else scope.parent
        return None

    @contextmanager
    def standing_for(self, name: str, value: ir.Expr) -> Iterator[None]:
        """While a name is read as a value, whatever else it is."""
        outer = self.dispatched.get(name)
        self.dispatched[name] = value
        try:
            yield
        finally:
            del self.dispatched[name]
            if outer is not None:
                self.dispatched[name] = outer

    def forget(self, changed: Collection[str]) -> None:
        """Drop what is known of variables that get other values."""
        for key in [key for key in self.narrowed if variable_of(key) in changed]:
            del self.narrowed[key]

    def inherit(self, outer: Scope) -> None:
        """See the instance of the method that this scope lies in."""
        self.instance, self.instance_type, self.self_class = outer.instance, outer.instance_type, outer.self_class
        self.owner_class, self.class_parameter = outer.owner_class, outer.class_parameter

    def binding(self) -> Scope:
        """The scope that `name := value` binds in: that of the function around a comprehension."""
        return self if self.kind != "lambda" or self.parent is None else self.parent.binding()

    def owns(self, name: str) -> bool:
        """Whether the name is a variable or parameter of this scope itself."""
        return name in self.parameters or self.bindings.is_local(name)

    def key(self, name: str) -> Key:
        """The assumption that holds the type of the current version of a variable."""
        return ("variable", self.identity, name, self.versions.get(name, 1))

    def spelling(self, name: str) -> str:
        """The IR's name of the current version of a variable: `x`, later `x_2`."""
        return self.spelled(name, self.versions.get(name, 1))

    def spelled(self, name: str, version: int) -> str:
        """The IR's name of a version of a variable: one that no other variable has."""
        spelling = name if version == 1 else f"{name}_{version}"
        while version > 1 and self._is_taken(spelling):
            spelling += "_"
        return spelling

    def _is_taken(self, name: str) -> bool:
        """Whether a variable or function has the name, here or outside."""
        own = name in self.bindings.counts or name in self.parameters or name in self.functions
        return own or (self.parent is not None and self.parent._is_taken(name))

    def flow(self) -> Flow:
        """What is known here."""
        return Flow(frozenset(self.bound), frozenset(self.touched), dict(self.narrowed))

    def restore(self, flow: Flow) -> None:
        """Go on with what was known there."""
        self.bound, self.touched, self.narrowed = set(flow.bound), set(flow.touched), dict(flow.narrowed)

    def fresh_name(self, stem: str) -> str:
        """A name for a temporary that no variable of the program has."""
        while True:
            self.fresh += 1
            name = f"{stem}_{self.fresh}_"
            if not self._is_taken(name):
                return name
