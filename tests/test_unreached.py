"""What a script does not reach, and what has no translation, is left out with a warning; all else is refused."""

from __future__ import annotations

import pytest

from py2cpp_autograd import Translation, translate
from py2cpp_autograd.translate import Options

HEAD = "import torch\nimport matplotlib.pyplot as plt\n"
PLOT = "\n\ndef plot(history):\n    plt.plot(history)\n"
RUN = "\n\nx = torch.ones(2, requires_grad=True)\nx.sum().backward()\n"


def codes(translation: Translation) -> list[str]:
    return [found.code for found in translation.diagnostics]


def test_what_nothing_reaches_is_left_out() -> None:
    made = translate(HEAD + PLOT + RUN)
    assert (made.status, codes(made)) == ("translated", ["PCA207"])
    (warning,) = made.diagnostics
    assert warning.severity == "warning"
    assert warning.message == "'plot' is left out: nothing reaches it, and it has no translation"
    assert (warning.span.start.line, warning.span.start.column, warning.span.end.column) == (5, 4, 8)
    assert "plot" not in made.cpp
    lines = {one.py.start.line for one in made.source_map}
    assert lines == {9, 10}


def test_a_class_that_nothing_makes_is_left_out() -> None:
    source = "class Writer:\n    name = 'x'\n\n    def write(self, text):\n        open(self.name).write(text)\n"
    assert codes(translate(HEAD + source + RUN)) == ["PCA207"]


def test_what_only_left_out_code_names_is_left_out_too() -> None:
    source = PLOT + "\n\ndef plot_twice(history):\n    plot(history)\n    plt.show()\n"
    assert codes(translate(HEAD + source + RUN)) == ["PCA207", "PCA207"]


def test_asked_for_by_name_it_is_refused() -> None:
    refused = translate(HEAD + PLOT + RUN, options=Options(entry=("plot",)))
    assert (refused.status, codes(refused)) == ("refused", ["PCA204"])


@pytest.mark.parametrize(
    "source",
    [
        HEAD + PLOT + RUN + "plot([1.0])\n",
        HEAD + PLOT + "\n\ndef show():\n    plot([1.0])\n" + RUN + "show()\n",
        HEAD + PLOT + RUN + "f = plot\n",
        HEAD + PLOT,
        HEAD + PLOT + "\n\nrate = 0.1\n",
        HEAD + PLOT + RUN + "plt.show()\n",
        HEAD + "\n\n@torch.no_grad()\ndef plot(history):\n    plt.plot(history)\n" + RUN,
        HEAD + "\n\ndef plot(history=torch.rand(2)):\n    plt.plot(history)\n" + RUN,
    ],
)
def test_what_a_script_reaches_is_refused(source: str) -> None:
    assert translate(source).status == "refused"
