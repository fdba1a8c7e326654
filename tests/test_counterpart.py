"""C++ by hand gets the recorder lines of the translation that it began as."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify.counterpart import records_itself, with_recorders, with_watches

EMITTED = "void run() {\n  auto x = f();\n  auto y = g(x);\n  h(y);\n}\n"
PROBED = (
    "#include <probe>\nvoid run() {\n  auto x = f();\n  record(x);\n  auto y = g(x);\n  record(y);\n  h(y);\n"
    "  record(y);\n}\n"
)


def test_the_emitted_text_becomes_the_probed_text() -> None:
    assert with_recorders(EMITTED, PROBED, EMITTED) == PROBED


def test_of_a_real_translation() -> None:
    source = "import torch\nx = torch.ones(2, requires_grad=True)\ny = [x * k for k in range(3)]\nprint(y[0])\n"
    made = translate(source, filename="program.py")
    assert with_recorders(made.cpp, made.probed_cpp, made.cpp) == made.probed_cpp


CHANGES = [
    ("a changed line", "auto y = g(x);", "auto y = 2 * g(x);", "auto y = 2 * g(x);\n  record(y);"),
    ("an added line", "h(y);", "warm_up();\n  h(y);", "warm_up();\n  record(y);\n  h(y);\n  record(y);"),
    ("a line in two", "auto y = g(x);", "auto t = g(x);\n  auto y = t;", "auto t = g(x);\n  auto y = t;\n  record(y);"),
    ("a line that is gone", "  h(y);\n", "", "record(y);\n  record(y);"),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_recorders_follow_their_lines(old: str, new: str, expected: str) -> None:
    merged = with_recorders(EMITTED, PROBED, EMITTED.replace(old, new))
    assert expected in merged
    assert merged.count("record(") == PROBED.count("record(")
    assert merged.startswith("#include <probe>\n")


def test_every_line_of_the_change_is_kept_in_order() -> None:
    changed = "// by hand\nvoid run() {\n  auto x = f(1);\n\n  auto y = g(x);\n}\n// end\n"
    merged = with_recorders(EMITTED, PROBED, changed).splitlines()
    own = [line for line in merged if "record" not in line and "probe" not in line]
    assert own == changed.splitlines()


def test_text_without_a_last_line_feed() -> None:
    assert with_recorders(EMITTED, PROBED, EMITTED.rstrip("\n")) == PROBED


def test_who_records_alone() -> None:
    assert records_itself('py2cpp::record("x", x);')
    assert not records_itself(PROBED)


def test_variables_are_watched_once() -> None:
    record = '  py2cpp::probe::record("{0}", {0});'
    text = "\n".join([record.format("x"), record.format("y"), '  py2cpp::probe::Watch watch_y_("y", y);', ""])
    lines = with_watches(text).splitlines()
    assert lines[0] == record.format("x") + ' py2cpp::probe::Watch watch_by_hand_0_("x", x);'
    assert lines[1:] == text.splitlines()[1:]
