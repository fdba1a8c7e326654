"""The modules of a program's project on the Python side: imported from the very texts that were translated."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Mapping, Sequence

_installed: list[_Siblings] = []


def install(texts: Mapping[str, str], package: str) -> None:
    """Let this process import the modules in `texts`; the program itself lies in `package`."""
    finder = _Siblings(texts, package)
    _installed[:] = [finder]
    sys.meta_path.insert(0, finder)


def is_sibling(module: str) -> bool:
    """Whether a module is one of the project's own."""
    return bool(_installed) and _installed[0].find_spec(module, None) is not None


def package_of_main() -> str | None:
    """What `__package__` is in the program: None in a script that lies in no package."""
    return (_installed[0].package or None) if _installed else None


def is_own(name: str) -> bool:
    """Whether a module is the program or one of its project's."""
    return name == "__main__" or isinstance(getattr(sys.modules.get(name), "__loader__", None), _Siblings)


class _Siblings(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules as Python does in a folder: packages before files, and folders without `__init__.py` last."""

    def __init__(self, texts: Mapping[str, str], package: str) -> None:
        self.texts = texts
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """How to make a module; None for those of others."""
        stem = fullname.replace(".", "/")
        for file in (f"{stem}/__init__.py", f"{stem}.py"):
            if file in self.texts:
                is_package = file.endswith("/__init__.py")
                return importlib.machinery.ModuleSpec(fullname, self, origin=file, is_package=is_package)
        if any(file.startswith(f"{stem}/") for file in self.texts):
            return importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module's body."""
        assert module.__spec__ is not None and module.__spec__.origin is not None
        origin = module.__spec__.origin
        module.__file__ = origin
        exec(compile(self.texts[origin], origin, "exec", dont_inherit=True), module.__dict__)
