"""The library: pure, without torch, in threads, and with positions that map both ways."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import py2cpp_autograd
from py2cpp_autograd import (
    Options,
    Position,
    Span,
    Translation,
    Verdict,
    VerifyOptions,
    translate,
    utf16_column,
    verify,
)

PROGRAM = """\
import torch

x = torch.ones(2, requires_grad=True)
y = x * 3
loss = y.sum()
loss.backward()
"""


def text_of(source: str, span: Span) -> str:
    """The text in a span of one line."""
    assert span.start.line == span.end.line
    return source.split("\n")[span.start.line - 1][span.start.column : span.end.column]


def test_public_names() -> None:
    for name in py2cpp_autograd.__all__:
        assert getattr(py2cpp_autograd, name) is not None
    with pytest.raises(AttributeError):
        _ = py2cpp_autograd.no_such_name


def test_submodules_do_not_hide_functions() -> None:
    code = (
        "import py2cpp_autograd.translate, py2cpp_autograd.verify, py2cpp_autograd\n"
        "from py2cpp_autograd.translate import Options\n"
        "assert callable(py2cpp_autograd.translate) and callable(py2cpp_autograd.verify)\n"
        "assert py2cpp_autograd.Options is Options\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_translate_imports_no_torch_and_reads_no_files_of_the_user() -> None:
    code = f"""
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(arguments[0]) if event == "open" else None)
from py2cpp_autograd import translate
assert translate({PROGRAM!r}, filename="/nowhere/program.py").status == "translated"
assert translate("import antigravity; 1/0", filename="x.py").status == "refused"
assert not {{"torch", "numpy", "py2cpp_autograd.verify", "antigravity"}} & set(sys.modules)
assert not [name for name in opened if "nowhere" in str(name)]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_verify_returns_verdicts_in_order(tmp_path: Path) -> None:
    (tmp_path / "unknown.py").write_text("x = undefined_name\n")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe")
    paths: list[str | Path] = [tmp_path / "unknown.py", str(tmp_path / "binary.py")]
    verdicts: list[Verdict] = verify(paths, options=VerifyOptions(seed=3))
    assert [verdict.path for verdict in verdicts] == [str(path) for path in paths]
    assert [[found.code for found in verdict.diagnostics] for verdict in verdicts] == [["PCA201"], ["PCA105"]]
    assert verify([]) == []
    with pytest.raises(FileNotFoundError):
        verify([tmp_path / "missing.py"])


def test_results_are_frozen() -> None:
    translation = translate(PROGRAM)
    with pytest.raises(dataclasses.FrozenInstanceError):
        translation.__setattr__("cpp", "")


def test_refusals_are_data() -> None:
    translation = translate("y = undefined_name\nz = 1 +\n")
    assert translation.status == "refused"
    assert [found.code for found in translation.diagnostics] == ["PCA101"]
    assert translation.cpp == translation.probed_cpp == translation.ir == ""
    assert translation.source_map == ()


@pytest.mark.parametrize("source", ["", "\n", "# only a comment", "\ufeffx = 1", "x = 1\r\ny = 2\r\n", "pass"])
def test_small_sources(source: str) -> None:
    assert translate(source).status == "translated"


@pytest.mark.parametrize("source", ["\x00", "x = '\ud800'", "(" * 5000, "x = " + "-" * 5000 + "1", "\\", "if"])
def test_strange_sources_are_refused(source: str) -> None:
    translation = translate(source)
    assert translation.status == "refused"
    assert translation.diagnostics


def test_threads_give_the_same_result() -> None:
    sources = [PROGRAM.replace("3", str(number)) for number in range(40)]
    alone = [translate(source) for source in sources]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(translate, sources))
    assert together == alone


def test_cancelling() -> None:
    calls = []

    def cancelled() -> bool:
        calls.append(1)
        return True

    with pytest.raises(py2cpp_autograd.Cancelled):
        translate(PROGRAM, options=Options(cancelled=cancelled))
    assert calls


def test_python_to_cpp() -> None:
    translation = translate(PROGRAM, filename="program.py")
    spans = translation.to_cpp(Position(4, 4))
    assert spans
    assert any("x * 3" in text_of(translation.cpp, span) for span in spans if span.start.line == span.end.line)


def test_cpp_to_python() -> None:
    translation = translate(PROGRAM, filename="program.py")
    lines = translation.cpp.split("\n")
    line = next(number for number, text in enumerate(lines, start=1) if "loss.backward()" in text)
    spans = translation.to_python(Position(line, lines[line - 1].index("backward")))
    assert spans
    assert text_of(PROGRAM, spans[0]) == "loss.backward()"


def test_there_and_back_again() -> None:
    translation = translate(PROGRAM, filename="program.py")
    for line in (3, 4, 5, 6):
        start = Position(line, 0)
        back = [span for cpp in translation.to_cpp(start) for span in translation.to_python(cpp.start)]
        assert any(span.contains(start) for span in back), f"line {line}"


def test_a_place_without_code_maps_to_nothing() -> None:
    assert translate(PROGRAM).to_cpp(Position(99, 0)) == ()
    assert Translation("refused", ()).to_python(Position(1, 0)) == ()


def test_utf16_columns() -> None:
    line = "t = '🦋é' + foo"
    assert utf16_column(line, line.index("foo")) == line.index("foo") + 1
    assert utf16_column(line, 0) == 0


def test_the_file_name_names_the_namespace() -> None:
    assert "namespace net {" in translate(PROGRAM, filename="models/net.py").cpp
    assert translate(PROGRAM, filename="class.py").status == "translated"
    assert translate(PROGRAM, filename="1 odd-näme.py").status == "translated"
