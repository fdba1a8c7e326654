"""Loading the table: all TOML files of `mappings/`, through a compiled cache keyed by their contents."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.row import Row, RowError
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    CounterType,
    DefaultDictType,
    DequeType,
    DictType,
    FloatType,
    IntType,
    IteratorType,
    ListType,
    ModuleDictType,
    ModuleListType,
    OrderedDictType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
)

_CACHE_VERSION = "1"
_BUILTIN_CLASSES: dict[type, str] = {
    IntType: "builtins.int",
    FloatType: "builtins.float",
    BoolType: "builtins.bool",
    StrType: "builtins.str",
    ListType: "builtins.list",
    DictType: "builtins.dict",
    OrderedDictType: "collections.OrderedDict",
    DefaultDictType: "collections.defaultdict",
    CounterType: "collections.Counter",
    DequeType: "collections.deque",
    IteratorType: "builtins.iterator",
    SetType: "builtins.set",
    TupleType: "builtins.tuple",
}


class Table:
    """All rows by Python's qualified names; each is made when first looked up."""

    def __init__(self, written: Mapping[str, tuple[str, Any]], folder: Path | None = None) -> None:
        self._written = written
        self._rows: dict[str, Row] = {}
        self._found: dict[str, Row | None] = {}
        self._folder = folder

    def find(self, key: str) -> Row | None:
        """The row of an API name, aliases followed; None where the table has none."""
        if key not in self._found:
            self._found[key] = self._look_up(key)
        return self._found[key]

    def _look_up(self, key: str) -> Row | None:
        for _ in range(8):
            row = self._row(key)
            if row is not None and row.variants[0].kind != "alias":
                return row
            other = self._public(key) if row is None else row.variants[0].words["alias"]
            if other is None:
                return None
            key = other
        raise RowError(f"aliases of {key!r} go round in a circle")

    def _row(self, key: str) -> Row | None:
        row = self._rows.get(key)
        if row is None and key in self._written:
            location, written = self._written[key]
            row = self._rows[key] = Row.of(key, written, location)
        return row

    def documented(self, key: str) -> str:
        """The name that stands for a class of PyTorch, whether the table has it or not: the one that is documented."""
        row = self.find(key)
        return (self._public(key) or key) if row is None else row.key

    def derives(self, key: str, other: str) -> bool | None:
        """Whether a class of PyTorch is, or derives from, another one in Python; None where that is not known.

        Source: the classes of the installed torch, by tools/generate_class_bases.py.
        """
        known, asked = self._class_bases.get(key), self.documented(other)
        is_class = asked in self._class_bases or any(asked in bases for bases in self._class_bases.values())
        return asked == key or asked in known if known is not None and is_class else None

    @cached_property
    def _class_bases(self) -> dict[str, frozenset[str]]:
        path = None if self._folder is None else self._folder / "class_bases.txt"
        if path is None or not path.is_file():
            return {}
        lines = (line.split() for line in path.read_text("utf-8").splitlines()[1:])
        return {name: frozenset(bases) for name, *bases in lines}

    def _public(self, key: str) -> str | None:
        """The name that PyTorch documents for what a program takes from the module that defines it."""
        module = key.rpartition(".")[0]
        while module.count(".") and module not in self._homes:
            module = module.rpartition(".")[0]
        return f"{self._homes[module]}{key[len(module) :]}" if module in self._homes else None

    @cached_property
    def _homes(self) -> dict[str, str]:
        path = None if self._folder is None else self._folder / "homes.txt"
        if path is None or not path.is_file():
            return {}
        return dict(line.split() for line in path.read_text("utf-8").splitlines()[1:])

    def keys(self) -> Iterator[str]:
        """All API names that have a row."""
        return iter(self._written)

    def rows(self) -> Iterator[Row]:
        """All rows, aliases included."""
        for key in self._written:
            row = self._row(key)
            assert row is not None
            yield row

    def class_key(self, type_: Type) -> str | None:
        """The API class whose attributes a value of the type has."""
        match type_:
            case TensorType():
                return "torch.Tensor"
            case ApiType(name=name):
                return name
            case ModuleListType():
                return "torch.nn.ModuleList"
            case ModuleDictType():
                return "torch.nn.ModuleDict"
            case _:
                return _BUILTIN_CLASSES.get(type(type_))

    def attribute(self, type_: Type, name: str) -> Row | None:
        """The row of an attribute or method of a value of `type_`, the bases of its class included."""
        key = self.class_key(type_)
        return None if key is None else self.member(key, name)

    def member(self, class_key: str, name: str) -> Row | None:
        """The row of a member of an API class, its bases included."""
        found = self.find(f"{class_key}.{name}")
        if found is not None:
            return found
        for base in self.bases(class_key):
            found = self.member(base, name)
            if found is not None:
                return found
        return None

    def bases(self, class_key: str) -> tuple[str, ...]:
        """The bases of an API class."""
        row = self.find(class_key)
        return () if row is None or row.variants[0].kind != "class" else row.variants[0].bases

    def knows_module(self, top: str) -> bool:
        """Whether any row stands for a name of this top-level module."""
        return top in self._modules

    @cached_property
    def _modules(self) -> frozenset[str]:
        return frozenset(key.partition(".")[0] for key, (_, row) in self._written.items() if not _is_module(row))

    def module(self, name: str) -> Row | None:
        """The row that speaks for all unmapped names of a module: that of the nearest module around `name`."""
        while name:
            row = self._row(name)
            if row is not None and "module" in row.variants[0].words:
                return row
            name = name.rpartition(".")[0]
        return None

    def record(self, keys: Collection[str]) -> Row | None:
        """The row that a dict with these keys stands for an instance of, if any."""
        found = (row for key, row in self._records.items() if key in keys)
        name = next(found, None)
        return None if name is None else self.find(name)

    def is_record(self, name: str) -> bool:
        """Whether dicts stand for instances of an API class."""
        return name in self._records.values()

    @cached_property
    def _records(self) -> dict[str, str]:
        return {
            written["record"]: key
            for key, (_, written) in self._written.items()
            if isinstance(written, Mapping) and "record" in written
        }

    @cached_property
    def cpp_functions(self) -> frozenset[str]:
        """The C++ functions that an unqualified call with LibTorch's types considers too."""
        path = None if self._folder is None else self._folder / "cpp_functions.txt"
        if path is None or not path.is_file():
            return frozenset()
        return frozenset(path.read_text("utf-8").splitlines()[1:])

    def public_names(self, class_key: str | None) -> frozenset[str]:
        """The public attributes of a class of PyTorch, mapped or not; empty where they are not listed."""
        return frozenset(self._listed.get(f"{class_key}", ()))

    @cached_property
    def _listed(self) -> dict[str, list[str]]:
        path = None if self._folder is None else self._folder / "coverage" / "torch.json"
        if path is None or not path.is_file():
            return {}
        names: dict[str, list[str]] = json.loads(path.read_text("utf-8"))["names"]
        return names

    def has_items(self, name: str) -> bool:
        """Whether a property of this name can be read one item at a time."""
        return name in self._item_names

    @cached_property
    def _item_names(self) -> frozenset[str]:
        return frozenset(
            key.rpartition(".")[2]
            for key, (_, written) in self._written.items()
            if isinstance(written, Mapping) and "item" in written
        )


_lock = threading.Lock()
_loaded: dict[Path, Table] = {}


def load_table(root: Path | None = None) -> Table:
    """The table of the TOML files below `root` (by default the project's own); once per process. Raises RowError."""
    folder = (data_root() / "mappings") if root is None else root
    with _lock:
        if folder not in _loaded:
            _loaded[folder] = Table(_read(folder), folder)
        return _loaded[folder]


def _read(folder: Path) -> dict[str, tuple[str, Any]]:
    files = sorted(folder.rglob("*.toml"))
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    digest = hashlib.sha256(_CACHE_VERSION.encode())
    for name, data in contents.items():
        digest.update(f"\0{name}\0{len(data)}\0".encode() + data)
    cache = _cache_file(digest.hexdigest())
    return _from_cache(cache) or _compile(contents, cache)


def _cache_file(digest: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "py2cpp-autograd" / f"table-{digest[:32]}.json"


def _from_cache(cache: Path) -> dict[str, tuple[str, Any]] | None:
    """The compiled rows, or None when there are none or the file is damaged."""
    try:
        check, _, body = cache.read_text("utf-8").partition("\n")
        if hashlib.sha256(body.encode()).hexdigest() != check:
            return None
        return {key: (location, written) for key, (location, written) in json.loads(body).items()}
    except (OSError, ValueError):
        return None


def _compile(contents: Mapping[str, bytes], cache: Path) -> dict[str, tuple[str, Any]]:
    generated: dict[str, tuple[str, Any]] = {}
    by_hand: dict[str, tuple[str, Any]] = {}
    for name, data in contents.items():
        target = generated if name.startswith("aten") else by_hand
        for key, written in _parse(name, data).items():
            if key in target:
                raise RowError(f'{name}: ["{key}"] stands in {target[key][0]} too')
            target[key] = (name, written)
    rows = {**generated, **by_hand}  # a hand row wins
    _write_cache(cache, rows)
    return rows


def _parse(name: str, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RowError(f"{name}: {error}") from None


def _write_cache(cache: Path, rows: Mapping[str, tuple[str, Any]]) -> None:
    """Write the cache atomically; a cache that cannot be written is no error."""
    body = json.dumps(rows)
    text = f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}"
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=cache.parent, delete=False) as file:
            file.write(text)
        os.replace(file.name, cache)
    except OSError:
        return


def _is_module(written: object) -> bool:
    return isinstance(written, Mapping) and "module" in written
