"""Matches of earlier runs, by the digest of all that they depend on. What failed is not remembered: it runs again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from py2cpp_autograd.decode import decode
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.installed import data_root
from py2cpp_autograd.siblings import read_siblings
from py2cpp_autograd.verify.toolchain import Toolchain
from py2cpp_autograd.verify.verdict import Verdict

_PACKAGE = Path(__file__).resolve().parents[1]
_COUNTS = ("values", "gradients", "max_ulp")


@dataclass(frozen=True, slots=True)
class Memory:
    """The folder of what is remembered, and the digest of what all of it depends on besides the program."""

    folder: Path
    setting: str

    @staticmethod
    def of(cache: Path, toolchain: Toolchain, seed: int) -> Memory:
        """The memory in a cache folder, for this Python, translator, compiler, torch and seed."""
        text = "\0".join([toolchain.identity, sys.version, str(seed), _digest_of_translator()])
        return Memory(cache / "matches", hashlib.sha256(text.encode()).hexdigest())

    def key(self, path: Path) -> str:
        """What a program is remembered by: its text, and its name, which is that of the C++ namespace."""
        name, data = os.fsencode(path.name), path.read_bytes()
        parts = [self.setting.encode(), name, data, *_siblings(path, data)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def recall(self, key: str, path: str) -> Verdict | None:
        """The match that is remembered by a key, if any; damaged entries count as none."""
        try:
            entry = json.loads((self.folder / f"{key}.json").read_text("utf-8"))
            values, gradients, max_ulp = (int(entry[name]) for name in _COUNTS)
            detail = str(entry["detail"])
        except (OSError, ValueError, LookupError, TypeError):
            return None
        return Verdict(path, "match", values=values, gradients=gradients, max_ulp=max_ulp, detail=detail)

    def remember(self, key: str, verdict: Verdict) -> None:
        """Write a match down, whole or not at all; a cache that cannot be written is no error."""
        assert verdict.status == "match"
        entry = {name: getattr(verdict, name) for name in (*_COUNTS, "detail")}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.folder, delete=False) as file:
                json.dump(entry, file)
            os.replace(file.name, self.folder / f"{key}.json")
        except OSError:
            return


def _siblings(path: Path, data: bytes) -> Iterator[bytes]:
    """The files of its project that a program imports, as they are."""
    try:
        found = read_siblings(str(path), decode(data))
    except Refusal:
        return
    yield found.package.encode() if found else b""
    for name in sorted(found.texts):
        yield from (name.encode(), found.texts[name].encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1)
def _digest_of_translator() -> str:
    """A digest of our own sources and of the table: another translator may give another verdict."""
    digest = hashlib.sha256()
    for folder, suffix in ((_PACKAGE, ".py"), (data_root() / "mappings", ".toml")):
        for path in sorted(folder.rglob(f"*{suffix}")):
            name = path.relative_to(folder).as_posix()
            digest.update(b"\0".join([name.encode(), hashlib.sha256(path.read_bytes()).digest()]))
    return digest.hexdigest()
