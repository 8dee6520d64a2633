"""What the grader reads of an upload: honest, broken and hostile ones."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import socket
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from autograder.grader import files as module
from autograder.grader.files import File, Files, Unreadable, read_files
from autograder.grader.upload import Cell, Upload, make_upload, match

NAMES = ["gradient_descent", "relu_sgd"]
QUESTIONS = {"gradient_descent": ["q1a", "q1b", "q1c"], "relu_sgd": ["q2a", "q2b"]}
LIMIT = 25


def notebook(source="x = 1", name: str | None = "gradient_descent", **cell) -> bytes:
    """A notebook of one cell."""
    metadata = {"otter": {"assignment_name": name}} if name else {}
    cells = [{"cell_type": "code", "metadata": {}, "source": source} | cell]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells}).encode()


def checking(*questions: str) -> list[dict]:
    """Cells that check questions."""
    return [{"cell_type": "code", "source": f'grader.check("{q}")'} for q in questions]


# What students received of each assignment.
HANDED_OUT = {
    name: make_upload(
        Files((File("", "a.ipynb", json.dumps({"cells": checking(*questions)}).encode()),))
    ).notebooks[0]
    for name, questions in QUESTIONS.items()
}
FIRST = {NAMES[0]: HANDED_OUT[NAMES[0]]}


def zipped(members: dict, method=zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file, of members by name or by ZipInfo."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """The same with all of ``old`` replaced, by as many bytes."""
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new)


def read_upload(place: Path, limit: float) -> Upload:
    return make_upload(read_files([place], limit))


def upload(folder: Path, files: dict[str, bytes], limit: float = LIMIT) -> Upload:
    """Read these files, put into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    result = read_upload(folder, limit)
    check(result)
    return result


def check(result: Upload) -> None:
    """What holds for every upload, and that `match` and the report can use it."""
    for item in result.notebooks:
        text = [item.path, item.folder, item.assignment or ""]
        for cell in item.cells:
            text += [cell.kind, cell.source, cell.first_line]
        "".join(text).encode()
        assert "\0" not in "".join(text)
    for name in result.files:
        name.encode()
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert not any(str(folder) in result.files for folder in Path(name).parents)
    found, missing = match(result, HANDED_OUT)
    assert sorted([*found, *missing]) == NAMES
    for sentence in [*result.faults, *missing.values()]:
        assert sentence.isprintable()
        assert sentence.endswith(".")


def only(sentences) -> str:
    (sentence,) = sentences
    return sentence


# Honest uploads


@pytest.mark.parametrize("folder", ["student", "solutions"])
def test_the_homework_itself(folder, root, tmp_path):
    for name in NAMES:
        shutil.copy(root / folder / f"{name}.ipynb", tmp_path)
    result = upload(tmp_path, {})
    assert result.faults == result.unread == ()
    found, missing = match(result, HANDED_OUT)
    assert (list(found), missing) == (NAMES, {})
    for name in NAMES:
        truth = json.loads((root / folder / f"{name}.ipynb").read_text())["cells"]
        assert [cell.source for cell in found[name].cells] == ["".join(c["source"]) for c in truth]
        assert [cell.kind for cell in found[name].cells] == [c["cell_type"] for c in truth]
        assert [cell.index for cell in found[name].cells] == list(range(len(truth)))
        tags = [c["metadata"].get("tags", []) for c in truth]
        assert [cell.ignored for cell in found[name].cells] == ["otter_ignore" in t for t in tags]


@pytest.mark.parametrize("name", ["my answers.IPYNB", "hw.zip"])
def test_the_place_may_be_a_file(tmp_path, name):
    (tmp_path / name).write_bytes(
        notebook() if "zip" not in name else zipped({"a.ipynb": notebook()})
    )
    result = read_upload(tmp_path / name, LIMIT)
    assert "gradient_descent" in match(result, HANDED_OUT)[0]
    assert only(result.notebooks).path == ("hw.zip/a.ipynb" if "zip" in name else name)


def test_a_place_that_is_not_there(tmp_path):
    result = read_upload(tmp_path / "none", LIMIT)
    assert "none: this cannot be read" in only(result.faults)


def test_nothing_is_said_of_what_came_if_that_is_not_known(tmp_path):
    unreadable = make_upload(Files((), (("", module.UNREADABLE),)))
    assert not [text for text in match(unreadable, HANDED_OUT)[1].values() if "came" in text]


def test_files_are_found_beside_their_notebook(tmp_path):
    packed = zipped({"part/b.ipynb": notebook(name="relu_sgd"), "part/help.py": b"h", "part/": b""})
    result = upload(tmp_path, {"a.ipynb": notebook(), "data/x.csv": b"1", "hw.ZIP": packed})
    assert sorted(result.files) == ["a.ipynb", "data/x.csv", "part/b.ipynb", "part/help.py"]
    assert result.files["part/help.py"] == b"h"
    assert [n.path for n in result.notebooks] == ["a.ipynb", "hw.ZIP/part/b.ipynb"]
    assert [n.folder for n in result.notebooks] == [".", "part"]
    assert result.faults == ()


def test_litter_is_skipped(tmp_path):
    litter = [".git/a.ipynb", ".b.ipynb", "__MACOSX/._a.ipynb", ".ipynb_checkpoints/a.ipynb"]
    litter += [
        "__pycache__/a.ipynb",
        ".venv/a.py",
        "venv/a.py",
        "node_modules/a",
        "x/site-packages/a",
        "Thumbs.db",
        "x/desktop.ini",
    ]
    files = dict.fromkeys(litter, b"")
    assert upload(tmp_path, files) == Upload((), {}, (), ())
    packed = upload(tmp_path, {"a.zip": zipped(files | {"b.py": b""})})
    assert (list(packed.files), packed.faults) == (["b.py"], ())
    for nothing in (files, {"a/": b""}, {}):
        result = upload(tmp_path, {"a.zip": zipped(nothing)})
        assert "no file, or only hidden ones" in only(result.faults)
        assert (
            "Could not be read (the reason stands below): a.zip."
            in match(result, FIRST)[1][NAMES[0]]
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    data = json.dumps(json.loads(notebook("s = 'é😀'")), ensure_ascii=False).encode(encoding)
    assert only(upload(tmp_path, {"a.ipynb": data}).notebooks).cells[0].source == "s = 'é😀'"


# Cells


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (["a\n", "b"], "a\nb"),
        (["a", 5, None, ["c"], "b"], "ab"),
        (5, ""),
        (None, ""),
        ("a\ud800\udfffb\udc00", "a\U000103ffb�"),
        (["\ud83d", "\ude00"], "��"),
        ("a\0", "a�"),
    ],
)
def test_sources(tmp_path, source, text):
    cell = only(only(upload(tmp_path, {"a.ipynb": notebook(source)}).notebooks).cells)
    assert cell.source == text


@pytest.mark.parametrize(
    ("metadata", "ignored"),
    [
        ({"tags": ["a", "otter_ignore"]}, True),
        ({"otter": {"ignore": True}}, True),
        ({"otter": {"ignore": False}, "tags": ["otter"]}, False),
        ({"otter": ["ignore"], "tags": {"otter_ignore": 1}}, False),
        ({"tags": "otter_ignore"}, False),
        ([], False),
        (None, False),
    ],
)
def test_ignored_cells(tmp_path, metadata, ignored):
    data = notebook(metadata=metadata)
    assert only(only(upload(tmp_path, {"a.ipynb": data}).notebooks).cells).ignored is ignored


def test_a_cell_keeps_its_place_and_kind_among_broken_ones(tmp_path):
    cells = [7, {"cell_type": "raw", "source": "r"}, None, {"cell_type": 3}, {}]
    data = json.dumps({"cells": cells, "metadata": 3}).encode()
    found = only(upload(tmp_path, {"a.ipynb": data}).notebooks)
    assert [(c.index, c.kind, c.source) for c in found.cells] == [
        (1, "raw", "r"),
        (3, "", ""),
        (4, "", ""),
    ]


@pytest.mark.parametrize("name", [None, "", 3, ["x"], {"a": 1}])
def test_an_odd_assignment_name_is_none(tmp_path, name):
    data = json.dumps({"cells": [], "metadata": {"otter": {"assignment_name": name}}}).encode()
    expected = "x" if name == ["x"] else None
    assert only(upload(tmp_path, {"a.ipynb": data}).notebooks).assignment == expected


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("\n  \n\t def f():  \n  pass", "def f():"),
        ("", ""),
        (" \n\n", ""),
        ("x" * 100, "x" * 60),
        ("a\u202eb\x1b[31mc", "ab[31mc"),
    ],
)
def test_first_line(source, line):
    assert Cell(0, "code", source, False).first_line == line


# What is no notebook


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\0" * 5000, "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (notebook()[:-20], "only a part"),
        (b"%PDF-1.7", "only a part"),
        (b"\xff\xfe\xfd", "only a part"),
        (b"[" * 200_000, "only a part"),
        (b'{"a":' * 200_000, "only a part"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "only a part"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\n <html>", "web page"),
        (b'{\n<<<<<<< HEAD\n "cells": []', "merge-conflict"),
        (b"<<<<<<< HEAD\r\n{}", "merge-conflict"),
        (b"[]", "this is JSON"),
        (b"null", "this is JSON"),
        (b"{}", "this is JSON"),
        (b'{"cells": {}}', "this is JSON"),
        (b'{"nbformat": 3, "worksheets": {"cells": []}}', "this is JSON"),
        (zipped({"a.ipynb": b"{}"}), "zip file under a notebook's name"),
    ],
    ids=range(20),
)
def test_no_notebook(tmp_path, data, words):
    result = upload(tmp_path, {"a.ipynb": data, "b.ipynb": notebook()})
    assert words in only(result.faults)
    assert result.faults[0].startswith("a.ipynb: ")
    assert "upload" in result.faults[0].lower()
    assert result.unread == ("a.ipynb",)
    assert [n.path for n in result.notebooks] == ["b.ipynb"]
    assert result.files["a.ipynb"] == data


def test_conflict_markers_inside_a_cell_are_the_students_own(tmp_path):
    assert upload(tmp_path, {"a.ipynb": notebook("<<<<<<< HEAD")}).faults == ()


def test_too_many_cells(tmp_path):
    data = b'{"cells": [' + b"{}," * module.MOST_CELLS
    result = upload(tmp_path, {"a.ipynb": data + b"{}]}", "b.ipynb": data[:-1] + b"]}"})
    assert "2000 cells" in only(result.faults)
    assert len(only(result.notebooks).cells) == module.MOST_CELLS


HUGE = "A" * 10 * module.MEGABYTE


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("cell", "words", "not_words"),
    [
        ({"source": HUGE}, module.CONTENT, "utputs"),
        (
            {"outputs": [{"data": {"image/png": HUGE}}], "source": "plot()"},
            module.OUTPUTS,
            "smaller",
        ),
        # Colab's order.
        ({"source": "plot()", "outputs": [{"text": [HUGE]}]}, module.OUTPUTS, "smaller"),
        ({"attachments": {"a.png": {"image/png": HUGE}}, "source": "a"}, module.PICTURES, "utputs"),
        ({"source": f"![](data:image/png;base64,{HUGE})"}, module.PICTURES, "utputs"),
    ],
    ids=["code", "output", "output of Colab", "attachment", "picture as text"],
)
def test_a_large_notebook_is_told_what_makes_it_large(tmp_path, indent, cell, words, not_words):
    plot = {"cell_type": "code", "outputs": [{"data": {"image/png": "A" * 9000}}], "source": "1"}
    data = json.dumps({"cells": [plot, {"cell_type": "code"} | cell, plot]}, indent=indent).encode()
    result = upload(tmp_path, {"a.ipynb": data, "b.zip": zipped({"b.ipynb": data})}, 100)
    fault = only(result.faults)
    assert words in fault
    assert not_words not in fault
    assert result.unread == ("a.ipynb", "b.zip/b.ipynb")
    assert result.notebooks == ()
    alone = upload(tmp_path / "new", {"a.ipynb": data, "b.ipynb": notebook()}, 3)
    assert module.ANYTHING in only(alone.faults)  # not read, so nobody can tell
    assert [n.path for n in alone.notebooks] == ["b.ipynb"]


def test_large_notebooks_take_no_room_from_others(tmp_path):
    files = {"a.ipynb": notebook(HUGE), "b.ipynb": notebook(), "c.csv": bytes(4 * 2**20)}
    result = upload(tmp_path, files, 12)
    assert [n.path for n in result.notebooks] == ["b.ipynb"]
    assert "c.csv" in result.files
    assert only(result.faults).startswith("a.ipynb: ")


def test_too_many_notebooks(tmp_path):
    files = {f"{i:02}.ipynb": notebook() for i in range(module.MOST_NOTEBOOKS + 7)}
    result = upload(tmp_path, files)
    assert len(result.notebooks) == module.MOST_NOTEBOOKS
    assert "50.ipynb, 51.ipynb, 52.ipynb, 53.ipynb, 54.ipynb and 2 more: not read" in only(
        result.faults
    )


# Limits


def test_large_files_leave_room_for_notebooks_and_for_small_ones(tmp_path):
    files = {"a.csv": bytes(2**20 - 50), "b.py": b"b", "z/z.ipynb": notebook()}
    result = upload(tmp_path, files, 1)
    assert sorted(result.files) == ["b.py", "z/z.ipynb"]
    assert only(result.faults).startswith(
        "a.csv: not read, or only in part, because one upload may have at most 1 MB"
    )


def test_a_folder_is_listed_as_far_as_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 6)
    files = {f"0/{i}": b"" for i in range(5)} | {"1/x": b"", "a.ipynb": notebook()}
    result = upload(tmp_path, files)
    assert len(result.notebooks) == 1
    assert len(result.files) == 4  # and two folders
    assert only(result.faults).startswith("0, 1: not read, or only in part")


def test_of_a_long_folder_notebooks_are_read_first(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    files = {f"{i}.csv": b"" for i in range(50)} | {"y.ipynb": notebook(), "z.ipynb": notebook()}
    result = upload(tmp_path, files)
    assert [each.path for each in result.notebooks] == ["y.ipynb", "z.ipynb"]
    assert sorted(result.files) == ["0.csv", "y.ipynb", "z.ipynb"]


def test_entries_in_zip_files_count_before_they_are_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 8)
    files = {
        "a.zip": zipped({str(i): b"" for i in range(4)}),
        "b.zip": zipped({"x": b"", "y": b"", "z": b""}),
    }
    result = upload(tmp_path, files)
    assert sorted(result.files) == ["0", "1", "2", "3"]
    assert only(result.faults).startswith("b.zip: not read")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    hostile = upload(tmp_path / "new", {"c.zip": module.MEMBER * 100_000})
    assert only(hostile.faults).startswith("c.zip: not read")


def test_zip_files_together_have_a_limit(tmp_path):
    packed = zipped({"a": os.urandom(600_000)})
    result = upload(tmp_path, {"a.zip": packed, "b.zip": packed}, 1)
    assert only(result.faults).startswith("b.zip: not read")


def test_a_bomb_is_not_unpacked(tmp_path):
    packed = zipped({"a": bytes(50 * module.MEGABYTE), "b.py": b"b"})
    result = upload(tmp_path, {"a.zip": packed}, 1)
    assert result.files == {"b.py": b"b"}
    assert only(result.faults).startswith("a.zip/a: not read")


@pytest.mark.parametrize("claimed", [0, 10, 999])
def test_a_bomb_that_lies_about_its_size(tmp_path, claimed):
    size = 50 * module.MEGABYTE
    packed = patched(
        zipped({"a": bytes(size)}), struct.pack("<I", size), struct.pack("<I", claimed)
    )
    result = upload(tmp_path, {"a.zip": packed}, 1)
    assert result.files == {}
    assert only(result.faults).startswith("a.zip/a: this cannot be unpacked")


def test_a_member_that_promises_more_than_it_has(tmp_path):
    packed = patched(zipped({"a": b"1" * 77}), struct.pack("<I", 77), struct.pack("<I", 78))
    assert only(upload(tmp_path, {"a.zip": packed}).faults).startswith(
        "a.zip/a: this cannot be unpacked"
    )


def overlapping(copies: int, stream: bytes, size: int) -> bytes:
    """A zip file whose members all are the same bytes."""
    member = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, 0, 0, 5, 0)
    entries = b"".join(
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            20,
            20,
            0,
            8,
            0,
            0,
            zlib.crc32(bytes(size)),
            len(stream),
            size,
            5,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + b"a0000"
        for _ in range(copies)
    )
    begin = member + b"a0000" + stream
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, copies, copies, len(entries), len(begin), 0)
    return begin + entries + end


@pytest.mark.parametrize(
    ("stream", "size"),
    [(zlib.compress(bytes(300_000), wbits=-15), 300_000), (b"\0\0\0\xff\xff" * 80_000, 1)],
    ids=["zeros", "work without result"],
)
def test_overlapping_members_use_up_the_limit(tmp_path, monkeypatch, stream, size):
    unpacked = []
    original = module._read_member
    monkeypatch.setattr(module, "_read_member", lambda *a: unpacked.append(1) or original(*a))
    result = upload(tmp_path, {"a.zip": overlapping(4000, stream, size)}, 1)
    assert 1 <= len(unpacked) <= 3
    assert any("not read, or only in part" in fault for fault in result.faults)


# Zip files


def flagged(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


PACKED = "this cannot be unpacked"
PATH = "such a path is not accepted"
PLAIN = zipped({"a.py": b"spam" * 9}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (b"", PACKED),
        (b"Rar!\x1a\x07\x00", PACKED),
        (PLAIN[:-30], PACKED),
        (patched(PLAIN, b"spam", b"eggs"), PACKED),
        (patched(PLAIN, b"PK\3\4", b"PK\3\3"), PACKED),
        (patched(PLAIN, b"\x14\x00\x00\x00\x00\x00", b"\x14\x00\x01\x00\x00\x00"), PACKED),
        (zipped({"a.py": b"a"}, zipfile.ZIP_BZIP2), PACKED),
        (zipped({"a.py": b"a"}, zipfile.ZIP_LZMA), PACKED),
        (zipped({"b.ZIP": PLAIN}), PACKED),
        (zipped({flagged("a.py", stat.S_IFLNK | 0o777): b"/etc/passwd"}), "only plain files"),
        (zipped({flagged("a.py", stat.S_IFIFO | 0o777): b""}), "only plain files"),
        (zipped({"/etc/a.py": b"a"}), PATH),
        (zipped({"../a.py": b"a"}), PATH),
        (zipped({"a/../../a.py": b"a"}), PATH),
        (zipped({"..\\a.py": b"a"}), PATH),
        (zipped({"a\\..\\..\\a.py": b"a"}), PATH),
        (zipped({"\\etc\\a.py": b"a"}), PATH),
        (zipped({"C:\\a.py": b"a"}), PATH),
        (zipped({"a\\b.zip": PLAIN}), PACKED),
        (zipped({"./": b"", "./..": b"a"}), PATH),
        (zipped({"a//a.py": b"a"}), PATH),
        (zipped({"C:a.py": b"a"}), PATH),
        (zipped({"a\na.py": b"a"}), PATH),
        (patched(zipped({"a.pyX.x": b"a"}), b"a.pyX.x", b"a.py\0.x"), PATH),
        (zipped({"a" * 256: b"a"}), PATH),
        (zipped({"/".join(["a" * 99] * 6): b"a"}), PATH),
        (zipped({"/".join(["a"] * 21): b"a"}), PATH),
    ],
    ids=range(27),
)
def test_hostile_and_broken_zip_files(tmp_path, packed, words):
    result = upload(tmp_path, {"a.zip": packed, "b.ipynb": notebook()})
    assert words in only(result.faults)
    assert only(result.faults).startswith("a.zip")
    assert list(result.files) == ["b.ipynb"]


@pytest.mark.parametrize("mode", [0, 0o644, stat.S_IFREG | 0o644])
def test_plain_members_by_every_kind_of_system(tmp_path, mode):
    assert upload(tmp_path, {"a.zip": zipped({flagged("a.py", mode): b"a"})}).files == {
        "a.py": b"a"
    }


def test_one_bad_member_leaves_the_others(tmp_path):
    packed = zipped({"../a": b"", "a.ipynb": notebook()})
    assert len(upload(tmp_path, {"a.zip": packed}).notebooks) == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_all_files_fit_into_one_folder(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ["a", "a/b", "c/d/e", "c/d", "c", "f", "f", "g", "g", "new", "same"]:
            archive.writestr(name, b"" if name == "f" else str(len(archive.namelist())))
    result = upload(tmp_path, {"x.zip": packed.getvalue(), "new": b"n", "same": b"10"})
    assert sorted(result.files) == ["a", "c/d/e", "f", "g", "new", "same"]
    assert "x.zip/a/b, x.zip/c/d, x.zip/c, x.zip/g, x.zip/new: another" in only(result.faults)
    assert result.files["g"] == b"7"


# What is in a folder besides plain files


def test_links_and_special_files_are_neither_followed_nor_waited_for(tmp_path):
    folder = tmp_path / "upload"
    folder.mkdir()
    (tmp_path / "secret.ipynb").write_bytes(notebook())
    (folder / "a.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "b").symlink_to(tmp_path)
    (folder / "c").symlink_to(folder)
    (folder / "d.ipynb").symlink_to("nowhere")
    os.mkfifo(folder / "e.ipynb")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "f.zip"))
        result = upload(folder, {})
    assert result.files == {}
    assert only(result.faults).startswith("a.ipynb, b, c, d.ipynb, e.ipynb and 1 more: only plain")
    assert result.unread == ("a.ipynb", "b", "c", "d.ipynb", "e.ipynb", "f.zip")


def test_a_path_that_turns_into_a_link_or_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert module._read_file(str(tmp_path / "file"), 3) == b"123"
    with pytest.raises(Unreadable):
        module._read_file(str(tmp_path / "pipe"), 3)
    with pytest.raises(OSError, match="symbolic"):
        module._read_file(str(tmp_path / "link"), 3)


def test_what_may_not_be_read(tmp_path, monkeypatch):
    def refusing(original):
        def inner(path, *rest):
            if str(path).endswith("secret"):
                raise PermissionError(path)
            return original(path, *rest)

        return inner

    for name in ("scandir", "open"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    result = upload(tmp_path, {"a/secret/x.py": b"", "b/secret": b"", "c.py": b"c"})
    assert result.files == {"c.py": b"c"}
    assert only(result.faults) == f"a/secret, b/secret: {module.UNREADABLE}"
    (tmp_path / "secret").mkdir()
    assert only(read_upload(tmp_path / "secret", LIMIT).faults).startswith("the upload: ")


def test_deep_folders_on_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(30):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
        Path("x.py").touch()
    result = read_upload(tmp_path, LIMIT)
    check(result)
    assert len(result.files) == 2
    assert sorted(fault.split(": ")[1][:9] for fault in result.faults) == ["such a pa", "this cann"]
    os.chdir(tmp_path)


def test_names_on_disk(tmp_path):
    for name in (b"\xff.py", b"a\\b.py", b"a\nb.py", b"\xe2\x80\xaegpj.py"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
            pass
    result = upload(tmp_path, {})
    assert sorted(result.files) == ["a/b.py", "\u202egpj.py", "�.py"]
    assert only(result.faults).startswith("ab.py: such a path")


def test_a_long_name_keeps_its_ends_in_a_sentence(tmp_path):
    name = "a" * 100 + "\u202e.ipynb"
    sentence = only(upload(tmp_path, {name: b""}).faults)
    shown = sentence.split(": ")[0]
    assert len(shown) == 80
    assert shown.startswith("aaa")
    assert shown.endswith("a.ipynb")


@pytest.mark.parametrize(
    "name", ["hw\\part 1\\a.ipynb", "./hw/./part 1/a.ipynb", ".\\hw/part 1\\a.ipynb"]
)
def test_folders_as_other_programs_write_them(tmp_path, name):
    helper = name.replace("a.ipynb", "help.py")
    packed = {name: notebook(), helper: b"h", "__MACOSX\\._a.ipynb": b"", "hw\\.git\\b.ipynb": b""}
    result = upload(tmp_path, {"x.zip": zipped(packed)})
    assert only(result.notebooks).folder == "hw/part 1"
    assert sorted(result.files) == ["hw/part 1/a.ipynb", "hw/part 1/help.py"]
    assert result.faults == ()


def test_backslashes_on_disk_are_folders_too(tmp_path):
    result = upload(tmp_path, {"hw\\a.ipynb": notebook(), "hw/help.py": b"h", "a\\..\\..\\x": b"x"})
    assert only(result.notebooks).folder == "hw"
    assert sorted(result.files) == ["hw/a.ipynb", "hw/help.py"]
    assert only(result.faults).startswith("a\\..\\..\\x: such a path")


OTHER_NAMES = [
    "a.ipynb.json",
    "A.IPYNB.TXT",
    "a.ipynb (1)",
    "a.ipynb_2.txt",
    "a.json",
    "a.txt",
    "a",
]


@pytest.mark.parametrize("name", OTHER_NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_notebooks_under_other_names_are_read(tmp_path, name, encoding):
    data = notebook("s = 'ü'").decode().encode(encoding)
    result = upload(tmp_path, {f"sub/{name}": data, "z.ipynb": notebook(name="relu_sgd")})
    assert result.faults == ()
    found = match(result, HANDED_OUT)[0]["gradient_descent"]
    assert (found.cells[0].source, found.has_usual_name) == ("s = 'ü'", False)
    assert match(result, HANDED_OUT)[0]["relu_sgd"].has_usual_name


def test_other_json_and_texts_are_no_notebooks(tmp_path):
    files = {"a.json": b'{"cells": [1, 2]}', "b.txt": b"{", "c": b"", "d - Colab.pdf": b"%PDF"}
    files["e.ipynb - Colab.pdf"] = b"%PDF"
    result = upload(tmp_path, files)
    assert (result.notebooks, result.faults) == ((), ())


def test_what_calls_itself_a_notebook_in_another_way_is_told_why_it_is_none(tmp_path):
    assert "only a part" in only(upload(tmp_path, {"a.ipynb.txt": notebook()[:-20]}).faults)


# Which notebook belongs to which assignment


def test_names_of_files_do_not_matter(tmp_path):
    files = {"relu_sgd.ipynb": notebook(), "final (2).ipynb": notebook(name="relu_sgd")}
    found, missing = match(upload(tmp_path, files), HANDED_OUT)
    assert {name: item.path for name, item in found.items()} == {
        "gradient_descent": "relu_sgd.ipynb",
        "relu_sgd": "final (2).ipynb",
    }
    assert missing == {}


def work(*cells: dict, metadata: object = None) -> bytes:
    """A notebook of these cells; without an assignment's name, or with other metadata."""
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells}).encode()


ANSWER = {"cell_type": "code", "source": "answer = 1"}
PART_1, PART_2 = (checking(*questions) for questions in QUESTIONS.values())


@pytest.mark.parametrize("metadata", [None, {}, {"otter": {}}, {"otter": None}, {"kernelspec": {}}])
@pytest.mark.parametrize(
    "checks", [PART_1, PART_1[:2], [*PART_1, *PART_1], checking("q1a", "q1c", "x")]
)
def test_a_notebook_that_lost_its_metadata_is_known_by_its_checks(tmp_path, metadata, checks):
    result = upload(tmp_path, {"a.ipynb": work(ANSWER, *checks, metadata=metadata)})
    found, missing = match(result, HANDED_OUT)
    assert list(found) == ["gradient_descent"]
    assert found["gradient_descent"].assignment is None
    assert "name is missing inside" not in missing["relu_sgd"]


def test_few_checks_do_not_make_a_notebook(tmp_path):
    result = upload(tmp_path, {"a.ipynb": work(ANSWER, *PART_1[:1])})
    assert "name is missing inside: a.ipynb" in match(result, HANDED_OUT)[1]["gradient_descent"]


def test_another_homework_stays_another_whatever_it_checks(tmp_path):
    other = work(ANSWER, *PART_1, metadata={"otter": {"assignment_name": "homework_0"}})
    assert match(upload(tmp_path, {"a.ipynb": other}), HANDED_OUT)[0] == {}


@pytest.mark.parametrize("name", [None, *NAMES])
def test_parts_merged_into_one_notebook_are_both_found(tmp_path, name):
    merged = work(ANSWER, *PART_1, *PART_2, metadata={"otter": {"assignment_name": name}})
    result = upload(tmp_path, {"a.ipynb": merged})
    assert list(match(result, HANDED_OUT)[0]) == NAMES
    alone = {"b.ipynb": notebook("mine", name="relu_sgd")}
    if name == "gradient_descent":  # the one that says it is the second part is the second part
        found, _ = match(upload(tmp_path, alone), HANDED_OUT)
        assert [found[name].path for name in NAMES] == ["a.ipynb", "b.ipynb"]


def test_checkpoints_beside_the_notebook_are_ignored(tmp_path):
    files = {"a-checkpoint.ipynb": notebook("old"), "sub/b-Checkpoint.ipynb": notebook("older")}
    assert "different notebooks" in match(upload(tmp_path, files), FIRST)[1]["gradient_descent"]
    files["c.ipynb"] = notebook("new")
    assert match(upload(tmp_path, files), FIRST)[0]["gradient_descent"].path == "c.ipynb"
    alone = upload(tmp_path / "new", {"a-checkpoint.ipynb": notebook()})
    assert match(alone, FIRST)[0]["gradient_descent"].path == "a-checkpoint.ipynb"


def test_a_copy_as_it_was_handed_out_does_not_count_beside_one_with_answers(tmp_path):
    files = {"a.ipynb": work(*PART_1), "b.ipynb": work(ANSWER, *PART_1)}
    assert match(upload(tmp_path, files), FIRST)[0]["gradient_descent"].path == "b.ipynb"
    files["c.ipynb"] = work(ANSWER, ANSWER, *PART_1)
    missing = match(upload(tmp_path, files), FIRST)[1]["gradient_descent"]
    assert "none of them is graded: b.ipynb, c.ipynb. Upload only" in missing
    untouched = upload(tmp_path / "new", {"a.ipynb": work(*PART_1)})
    assert list(match(untouched, FIRST)[0]) == ["gradient_descent"]


def test_an_empty_cell_makes_no_other_version(tmp_path):
    empty = {"cell_type": "markdown", "source": "\n "}
    files = {"a.ipynb": work(ANSWER, *PART_1), "b.ipynb": work(ANSWER, *PART_1, empty)}
    assert list(match(upload(tmp_path, files), FIRST)[0]) == ["gradient_descent"]


def test_copies_with_different_pictures_differ(tmp_path):
    def with_picture(data):
        return notebook("![](attachment:a)", attachments={"a": {"image/png": data}})

    files = {"a.ipynb": with_picture("A" * 40), "b.ipynb": with_picture("A" * 400)}
    assert match(upload(tmp_path, files), FIRST)[0] == {}


def test_format_3(tmp_path):
    sheets = [
        {"cells": [{"cell_type": "heading", "level": 2, "source": "q1: a"}, 7]},
        {"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": []}]},
        {"cells": [{"cell_type": "heading", "level": 9, "source": None}], "metadata": None},
        {"cells": None},
        None,
    ]
    metadata = {"name": "", "otter": {"assignment_name": "gradient_descent"}}
    data = json.dumps({"nbformat": 3, "metadata": metadata, "worksheets": sheets}).encode()
    found = match(upload(tmp_path, {"a.ipynb": data}), HANDED_OUT)[0]["gradient_descent"]
    cells = [("markdown", "## q1: a"), ("", ""), ("code", "x = 1\ny = 2"), ("markdown", "# ")]
    assert [(cell.kind, cell.source) for cell in found.cells] == cells


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_end_in_one_way(tmp_path, end):
    for source in (f"a{end}b{end}", [f"a{end}", f"b{end}"]):
        cell = only(only(upload(tmp_path, {"a.ipynb": notebook(source)}).notebooks).cells)
        assert cell.source == "a\nb\n"
    result = upload(tmp_path, {"b.ipynb": notebook("a\nb\n")})
    assert list(match(result, FIRST)[0]) == ["gradient_descent"]  # two equal copies


def test_letters_of_another_encoding_cost_no_more_than_themselves(tmp_path):
    data = notebook("x = 1  # é").decode().replace("\\u00e9", "é").encode("cp1252")
    assert only(only(upload(tmp_path, {"a.ipynb": data}).notebooks).cells).source == "x = 1  # �"


def test_equal_copies_are_one(tmp_path):
    files = {"b.ipynb": notebook(), "a/a.ipynb": notebook(["x", " = 1"], id="other", outputs=[1])}
    found, _ = match(upload(tmp_path, files), HANDED_OUT)
    assert found["gradient_descent"].path == "b.ipynb"


@pytest.mark.parametrize(
    "other",
    [
        notebook("x = 2"),
        notebook(cell_type="markdown"),
        notebook("w", cell_type="markdown"),
        notebook(metadata={"tags": ["otter_ignore"]}),
    ],
    ids=range(4),
)
def test_different_copies_are_not_graded(tmp_path, other):
    files = {"a.ipynb": notebook(), "b.zip": zipped({"a.ipynb": other})}
    result = upload(tmp_path, files)
    found, missing = match(result, FIRST)
    assert found == {}
    assert "a.ipynb, b.zip/a.ipynb. Upload only the one" in missing["gradient_descent"]
    assert result.faults == ()


def test_copies_may_differ_in_what_is_not_graded(tmp_path):
    ignored = {"metadata": {"tags": ["otter_ignore"]}}
    files = {"a.ipynb": notebook("1", **ignored), "b.ipynb": notebook("2", **ignored)}
    assert list(match(upload(tmp_path, files), HANDED_OUT)[0]) == ["gradient_descent"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "What came: no file at all (hidden files do not count). Upload relu_sgd.ipynb"),
        ({"a\n.pdf": b"", "b.py": b""}, "What came: b.py, a.pdf."),
        ({"a.py": b"", "b.pdf": b""}, "What came: a.py, b.pdf."),
        ({f"{i}.py": b"" for i in range(9)}, "What came: 0.py, 1.py, 2.py, 3.py, 4.py and 4 more."),
        (
            {"a.ipynb": notebook(name="lab7\u202e")},
            "Notebooks of another homework came: a.ipynb (of lab7). Upload relu_sgd.ipynb",
        ),
        ({"a.ipynb": notebook(name=None)}, "name is missing inside: a.ipynb. Download"),
        (
            {"a.ipynb": b"", "b.ipynb": notebook()},
            "Could not be read (the reason stands below): a.ipynb.",
        ),
        ({"a.zip": b""}, "Could not be read (the reason stands below): a.zip."),
        ({"a.zip": b"", "b.py": b""}, "a.zip. Upload relu_sgd.ipynb"),
    ],
    ids=range(9),
)
def test_why_a_notebook_is_missing(tmp_path, files, words):
    _, missing = match(upload(tmp_path, files), HANDED_OUT)
    assert words in missing["relu_sgd"]
    assert missing["relu_sgd"].startswith("The upload has no notebook of relu_sgd")


def test_other_notebooks_do_no_harm(tmp_path):
    files = {"a.ipynb": notebook(), "b.ipynb": notebook(name=None), "c.ipynb": b"{"}
    assert match(upload(tmp_path, files), FIRST)[1] == {}


# Chance


@pytest.mark.parametrize("kind", ["ipynb", "zip"])
def test_random_damage_raises_nothing(tmp_path, root, kind):
    chance = random.Random(5)
    data = (root / "student/relu_sgd.ipynb").read_bytes()
    members = {"a.ipynb": data[:3000], "b/c.py": b"spam" * 99, "d": b""}
    whole = data if kind == "ipynb" else zipped(members)
    for _ in range(300):
        damaged = bytearray(whole[: chance.choice([None, None, chance.randrange(len(whole))])])
        for _ in range(chance.choice([1, 3, 20])):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        upload(tmp_path, {f"a.{kind}": bytes(damaged)}, 1)


def test_random_json_raises_nothing(tmp_path, root):
    chance = random.Random(6)
    odd = [None, 0, 1e999, "\ud800", [], [[]], {}, {"a": []}, True, ["\0"], "code"]

    def damaged(value, odds=0.1):
        if chance.random() < odds:
            return chance.choice(odd)
        if isinstance(value, dict):
            return {key: damaged(item) for key, item in value.items()}
        return [damaged(item) for item in value] if isinstance(value, list) else value

    whole = json.loads((root / "student/relu_sgd.ipynb").read_text())
    for _ in range(300):
        upload(tmp_path, {"a.ipynb": json.dumps(damaged(whole, 0)).encode()})
