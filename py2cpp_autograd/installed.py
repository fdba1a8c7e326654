"""Where this package's files are that are not Python: in a wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path


def data_root() -> Path:
    """The folder that holds `mappings` and `cpp_harness`: inside the package in a wheel, else the checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "_data"
    return packaged if (packaged / "mappings").is_dir() else package.parent
