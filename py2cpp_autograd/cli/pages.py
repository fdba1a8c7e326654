"""The pages of the diagnostics, from the installed package or the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def page_of(code: str) -> str | None:
    """The Markdown page of a diagnostic code; None when there is no such code."""
    for folder in (_PACKAGE / "_data" / "diagnostics", _PACKAGE.parent / "docs" / "diagnostics"):
        path = folder / f"{code}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return None
