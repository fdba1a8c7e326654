"""Write the public names of the installed torch to `mappings/coverage/torch.json`, for the `coverage` command.

    python -m py2cpp_autograd.tools.public_names mappings/coverage/torch.json
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

#: The namespaces whose names programs use; `torch.Tensor` is a class, the others are modules.
NAMESPACES = (
    "torch",
    "torch.Tensor",
    "torch.autograd",
    "torch.autograd.functional",
    "torch.autograd.forward_ad",
    "torch.autograd.graph",
    "torch.fft",
    "torch.func",
    "torch.linalg",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.special",
)

#: The classes of namespace `torch`; its other classes are TorchScript's own.
_CLASSES = {"Tensor", "Generator", "Size", "device", "dtype", "finfo", "iinfo", "layout", "memory_format"}
_CLASSES |= {"no_grad", "enable_grad", "set_grad_enabled", "inference_mode", "autocast", "Stream", "Event"}


def public_names(namespace: str) -> list[str]:
    """The public functions, classes, methods, properties and dtypes of a namespace, sorted."""
    if namespace == "torch.Tensor":
        torch: ModuleType = importlib.import_module("torch")
        return sorted(name for name in dir(torch.Tensor) if not name.startswith("_"))
    module = importlib.import_module(namespace)
    values = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return sorted(name for name, value in values.items() if _is_api(name, value, namespace))


def _is_api(name: str, value: object, namespace: str) -> bool:
    """Whether a value is part of a namespace's API, not a submodule or a name that the namespace imported."""
    if isinstance(value, ModuleType):
        return False
    if not callable(value):
        return type(value).__module__ == "torch" and namespace == "torch"
    home = str(getattr(value, "__module__", None) or "torch")
    if isinstance(value, type):
        return name in _CLASSES if namespace == "torch" else home.startswith(namespace)
    return home.startswith((namespace, "torch._C")) or home == "torch"


def main() -> None:
    """Write the list to the path that the command line names."""
    torch: ModuleType = importlib.import_module("torch")
    names = {namespace: public_names(namespace) for namespace in NAMESPACES}
    release = str(torch.__version__).split("+")[0]
    text = json.dumps({"torch": release, "names": names}, indent=0, ensure_ascii=True) + "\n"
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
