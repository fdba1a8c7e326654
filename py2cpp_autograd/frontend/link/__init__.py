"""Several files to one module: what a file imports of its own project stands before what uses it, as Python runs it.

Python to smaller Python: names that two modules give to different things get the name of their module in front, and
`model.Net` becomes `Net`. Names of the file itself stay as they are: they are what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping

from py2cpp_autograd.diagnostics import Refusal, Report
from py2cpp_autograd.frontend.link.flatten import Flattening
from py2cpp_autograd.frontend.link.loading import Loading
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.layout import Layout

__all__ = ["Linking"]


class Linking:
    """Links one file with the files of its project: `texts` by their path, and `problems` of what cannot be read."""

    def __init__(self, texts: Mapping[str, str], problems: Mapping[str, str], report: Report) -> None:
        self._loading = Loading(texts, problems, report)

    @property
    def layout(self) -> Layout:
        """Where the modules stand that were read."""
        return self._loading.layout

    def link(self, source: Source, package: str) -> Source | None:
        """The file with the modules that it imports; None after adding diagnostics. `package` is where it lies."""
        try:
            main = self._loading.load_main(source, package)
        except Refusal:
            return None
        if len(self._loading.members) == 1:
            return source
        linked = Flattening(self._loading).source(main)
        return None if self._loading.report.refused else linked
