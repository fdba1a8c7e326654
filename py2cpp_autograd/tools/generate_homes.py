"""Writes `mappings/homes.txt`: `python -m py2cpp_autograd.tools.generate_homes`.

PyTorch defines its public names in modules of its own: `torch.nn.Conv2d` is `torch.nn.modules.conv.Conv2d` too, and
programs import it from either. Each line gives such a module and the one that documents what it defines.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from py2cpp_autograd.installed import data_root

#: The modules whose names are documented, each with the packages whose modules define them, and such modules.
_PUBLIC = {
    "torch.autograd": ("torch.autograd",),
    "torch.distributions": ("torch.distributions",),
    "torch.nn": ("torch.nn", "torch.nn.modules"),
    "torch.optim": ("torch.optim",),
    "torch.utils.data": ("torch.utils.data",),
}
_HEADER = "# The modules that define public names, and those that they are public in: see tools/generate_homes.py"


def homes() -> dict[str, str]:
    """The public module of each module of the installed torch that defines what another one documents."""
    found: dict[str, str] = {}
    for public, places in _PUBLIC.items():
        held = vars(importlib.import_module(public))
        for module in (module for place in places for module in _modules(place)):
            own = {one for one in vars(module) if not one.startswith("_") and _defines(module, one)}
            same = [held[one] is getattr(module, one) for one in own & held.keys()]
            if module.__name__ != public and same and all(same):
                found[module.__name__] = public
    return dict(sorted(found.items()))


def _modules(place: str) -> Iterator[ModuleType]:
    """A module, and those that stand directly in it."""
    module = importlib.import_module(place)
    yield module
    for _, name, _ in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{place}."):
        if "._" not in name:
            yield importlib.import_module(name)


def _defines(module: ModuleType, name: str) -> bool:
    home = getattr(getattr(module, name), "__module__", None)
    return isinstance(home, str) and (home == module.__name__ or home.startswith(f"{module.__name__}."))


def text() -> str:
    """The file."""
    return "\n".join([_HEADER, *(f"{name} {public}" for name, public in homes().items())]) + "\n"


def main() -> None:
    """Write the file."""
    path = data_root() / "mappings" / "homes.txt"
    path.write_text(text(), "utf-8")
    print(f"{path}: {len(homes())} modules")


if __name__ == "__main__":
    main()
