"""Are submissions found in whatever the field sends: exports of platforms, hostile files, archives?"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from support.answers import PARTS
from support.classroom import write_files, zip_up

from autograder.grade import UsageError
from autograder.grade.run import read
from autograder.grade.submissions import Submission, find
from autograder.grader.files import LARGEST_TABLE, SPECIAL, UNREADABLE, File

LIMIT = 25.0  # megabytes
ONE, TWO = (
    f'{{"cells": [], "metadata": {{"otter": {{"assignment_name": "{name}"}}}}}}'
    for name in (PARTS["q1"], PARTS["q2"])
)
GD, RELU = (f"{PARTS[part]}.ipynb" for part in ("q1", "q2"))


def files_of(submission: Submission) -> dict[str, str]:
    return {file.name: file.data.decode() for file in read(submission, LIMIT).files}


def found_in(*places: Path, **options) -> dict[str, dict[str, str]]:
    """Return the names of what is found, and the files of each."""
    return {submission.name: files_of(submission) for submission in find(places, **options)}


# -- exports of learning platforms ------------------------------------------------------------

BOB_AT = "Homework 1_bob_attempt_2026-03-01-10-00-00"
EXPORTS = {
    "gradescope": (
        {f"submission_7/{GD}": ONE, f"submission_7/{RELU}": TWO, "submission_8/hw.pdf": "x"},
        {"submission_7": {GD: ONE, RELU: TWO}, "submission_8": {"hw.pdf": "x"}},
    ),
    "canvas": (
        {
            f"lovelaceada_1_2_{GD}": ONE,
            f"lovelaceada_1_3_{RELU}": TWO,
            f"o_neilbob_LATE_12_13_{GD}": ONE,
            f"李明_77_78_{RELU}": TWO,
            "textonly_5_text.html": "words",
            "linkonly_LATE_6_link.html": "link",
        },
        {
            "lovelaceada_1": {GD: ONE, RELU: TWO},
            "o_neilbob_12": {GD: ONE},
            "李明_77": {RELU: TWO},
            "textonly_5": {"textonly_5_text.html": "words"},
            "linkonly_6": {"linkonly_LATE_6_link.html": "link"},
        },
    ),
    "canvas, each student one part": (
        {f"ada_1_2_{GD}": ONE, f"bob_3_4_{RELU}": TWO},
        {"ada_1": {GD: ONE}, "bob_3": {RELU: TWO}},
    ),
    "canvas, submitted again": (
        {
            f"ada_1_2_{GD}": "{}",
            f"ada_1_30_{PARTS['q1']}-1.ipynb": ONE,
            f"ada_LATE_1_31_{PARTS['q1']}-10.ipynb": ONE + " ",
            "bob_3_4_part-1.ipynb": ONE,
            "bob_3_5_part-2.ipynb": TWO,
            "bob_3_6_data-1.csv": "1",
            "bob_3_7_data-2.csv": "2",
        },
        {
            # The first one is damaged: nobody knows which part it is.
            "ada_1": {GD: "{}", f"{PARTS['q1']}-10.ipynb": ONE + " "},
            "bob_3": {"part-1.ipynb": ONE, "part-2.ipynb": TWO, "data-1.csv": "1", "data-2.csv": "2"},
        },
    ),
    "canvas, graded without names": (
        {
            f"anon_Ab3dE_2_{GD}": ONE,
            f"LATE_anon_F9xyz_3_{GD}": ONE,
            f"anon_Ab3dE_9_{RELU}": TWO,
            "anon_12345_text.html": "words",
        },
        {"anon_Ab3dE": {GD: ONE, RELU: TWO}, "anon_F9xyz": {GD: ONE}, "anon_12345": {"anon_12345_text.html": "words"}},
    ),
    "canvas, groups": (
        {f"group1_1_2_{GD}": ONE, f"group1_1_3_{RELU}": TWO, f"group2_5_6_{GD}": ONE},
        {"group1_1": {GD: ONE, RELU: TWO}, "group2_5": {GD: ONE}},
    ),
    "moodle": (
        {
            f"Ada Lovelace_123_assignsubmission_file/{GD}": ONE,
            f"Ada Lovelace_123_assignsubmission_file/data/{RELU}": TWO,
            "Ada Lovelace_123_assignsubmission_onlinetext/onlinetext.html": "hello",
            "Bob_4_assignsubmission_onlinetext/onlinetext.html": "only words",
            f"Anna_Maria de la Cruz_5_assignsubmission_file_/{GD}": ONE,
        },
        {
            "Ada Lovelace_123": {GD: ONE, f"data/{RELU}": TWO, "onlinetext.html": "hello"},
            "Bob_4": {"onlinetext.html": "only words"},
            "Anna_Maria de la Cruz_5": {GD: ONE},
        },
    ),
    "moodle, flat": (
        {
            f"Ada Lovelace_123_assignsubmission_file_{GD}": ONE,
            f"Ada Lovelace_123_assignsubmission_file_{RELU}": TWO,
            "Ada Lovelace_123_assignsubmission_onlinetext_onlinetext.html": "hello",
            f"Teilnehmer_in_9_assignsubmission_file_my_1_2_{GD}": ONE,
            f"Default group_assignsubmission_file_{GD}": ONE,
        },
        {
            "Ada Lovelace_123": {GD: ONE, RELU: TWO, "onlinetext.html": "hello"},
            "Teilnehmer_in_9": {f"my_1_2_{GD}": ONE},
            "Default group": {GD: ONE},
        },
    ),
    "brightspace": (
        {
            "index.html": "a list",
            f"12345-67890 - Ada Lovelace - 1 March, 2026 955 AM/{GD}": ONE,
            f"12345-67890 - Ada Lovelace - 1 March, 2026 1255 PM/{GD}": ONE + " ",
            f"12345-67890 - Ada Lovelace - 1 March, 2026 1205 AM/{RELU}": TWO,
            f"12346-67890 - Jean-Luc - O'Neil - Feb 28, 2026 1159 PM/{GD}": ONE,
            f"12347-67890 - Ada Lovelace - Feb 28, 2026 1159 PM/{RELU}": TWO,
        },
        {
            "12345-67890 - Ada Lovelace": {GD: ONE + " "},
            "12346-67890 - Jean-Luc - O_Neil": {GD: ONE},
            "12347-67890 - Ada Lovelace": {RELU: TWO},
        },
    ),
    "brightspace, flat": (
        {
            "index.html": "a list",
            f"1-9 - Ada Lovelace - May 6, 2026 231 PM - {GD}": ONE,
            f"1-9 - Ada Lovelace - May 6, 2026 231 PM - {RELU}": TWO,
            f"1-9 - Ada Lovelace - Apr 30, 2026 1155 PM - {GD}": "{}",
            f"2-9 - Bob - 31 août 2026 9.55 - my - {GD}": ONE,
        },
        {"1-9 - Ada Lovelace": {GD: ONE, RELU: TWO}, "2-9 - Bob": {f"my - {GD}": ONE}},
    ),
    "brightspace, two attempts in an unknown language": (
        {f"2-9 - Bob - {day} août 2026 955/{name}": ONE for day, name in [(1, "a"), (2, "b")]}
        | {f"3-9 - Ada - 1 août 2026 955/{GD}": ONE},
        {"2-9 - Bob": {"a": ONE, "b": ONE}, "3-9 - Ada": {GD: ONE}},
    ),
    "blackboard": (
        {
            f"Homework 1_ada_attempt_2026-03-01-09-55-00_{GD}": "{}",
            "Homework 1_ada_attempt_2026-03-01-09-55-00.txt": "Name: Ada",
            f"Homework 1_ada_attempt_2026-03-02-09-55-00_{GD}": ONE,
            f"Homework 1_ada_attempt_2026-03-02-09-55-00_{RELU}": TWO,
            f"{BOB_AT}_{GD}": ONE,
            f"{BOB_AT}.txt": "Name: Bob",
            f"Homework 1_a_bob_attempt_2026-03-01-10-00-00_{GD}": ONE,
            "Homework 1_cy_poging_2026-03-01-10-00-00.txt": "Name: Cy",
        },
        {
            "Homework 1_ada": {GD: ONE, RELU: TWO},
            "Homework 1_bob": {GD: ONE, f"{BOB_AT}.txt": "Name: Bob"},
            "Homework 1_a_bob": {GD: ONE},
            "Homework 1_cy": {"Homework 1_cy_poging_2026-03-01-10-00-00.txt": "Name: Cy"},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrapper", ["", "export", "homework 1/export"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_a_class(name, packed, wrapper, tmp_path):
    files, expected = EXPORTS[name]
    wrapper = wrapper.replace("export", "all") if packed else wrapper
    place = tmp_path / "all"
    write_files(place / wrapper, files)
    assert found_in(zip_up(place) if packed else place) == expected


def test_one_section_packed_and_one_not_are_two_sections(tmp_path):
    files, expected = EXPORTS["gradescope"]
    other = {name.replace("submission_", "submission_9"): data for name, data in files.items()}
    top = tmp_path / "all/Fall 26"
    (top / "sec A").mkdir(parents=True)
    packed = zip_up(
        write_files(
            tmp_path / "assignment_1_export",
            {f"assignment_1_export/{n}": d for n, d in files.items()},
        )
    )
    packed.rename(top / "sec A/assignment_1_export.zip")
    write_files(top / "sec B/assignment_2_export", other)
    found = find([tmp_path / "all"])
    assert {submission.section for submission in found} == {"sec A", "sec B"}
    assert len(found) == 2 * len(expected)


@pytest.mark.parametrize("name", EXPORTS)
def test_all_that_lies_in_an_export_is_the_export(name, tmp_path):
    files, expected = EXPORTS[name]
    place = write_files(tmp_path / "all", files)
    assert found_in(*sorted(place.iterdir())) == expected


def test_the_table_says_that_there_are_several_attempts(tmp_path):
    place = write_files(tmp_path / "all", EXPORTS["blackboard"][0])
    files = {submission.name: submission.file for submission in find([place])}
    assert files["Homework 1_ada"].endswith("(the latest of 2 attempts)")
    assert "attempts" not in files["Homework 1_bob"]


def test_what_a_platform_did_not_name_is_a_line_of_its_own(tmp_path):
    files = {f"ada_1_2_{GD}": ONE, f"ada_1_3_{RELU}": TWO, "bob.ipynb": ONE, "notes/x.txt": ""}
    place = write_files(tmp_path / "all", files)
    assert found_in(place).keys() == {"ada_1", "bob", "notes"}


def test_a_students_zip_in_a_zip_of_a_class_is_read(tmp_path):
    inner = zip_up(write_files(tmp_path / "hw", {f"part/{GD}": ONE}))
    place = tmp_path / "all"
    place.mkdir()
    inner.rename(place / "ada_1_2_hw.zip")
    for submissions in (found_in(place), found_in(zip_up(place))):
        assert submissions == {"ada_1": {f"part/{GD}": ONE}}


def test_backslashes_in_a_zip_are_folders(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr(f"Ada_1_assignsubmission_file\\{GD}", ONE)
        archive.writestr(f"Bob_2_assignsubmission_file\\{GD}", ONE)
    assert found_in(tmp_path / "all.zip").keys() == {"Ada_1", "Bob_2"}


def test_very_long_names_in_a_zip_take_no_time(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("1-2 - " + " - 2026 955" * 5000 + "/x.ipynb", ONE)
        archive.writestr("_1_2_" * 13000 + ".ipynb", ONE)
    assert found_in(tmp_path / "all.zip").keys() == {"all"}


def test_one_takes_a_zip_file_as_one_submission(tmp_path):
    place = zip_up(write_files(tmp_path / "all", {f"submission_1/{GD}": ONE}))
    assert found_in(place, one=True) == {"all": {f"submission_1/{GD}": ONE}}


# -- who somebody is --------------------------------------------------------------------------

METADATA = "submission_metadata.yml"
IMITATION = {
    "submission_1/a.ipynb": ONE,
    METADATA: "submission_1:\n  :submitters:\n  - :name: Somebody Else\n",
}


@pytest.mark.parametrize("packed", [False, True])
def test_nobody_gets_a_name_from_inside_a_submission(packed, tmp_path, capsys):
    place = write_files(tmp_path / "class/eve", IMITATION)
    for name in ("ada", "bob"):
        write_files(tmp_path / "class" / name, {GD: ONE})
    if packed:
        zip_up(place)
    for given in ([tmp_path / "class"], sorted((tmp_path / "class").iterdir())):
        found = find(given)
        assert [submission.name for submission in found] == ["ada", "bob", "eve"]
        assert all(not submission.who for submission in found)
        assert "eve" in capsys.readouterr().err
    for name in ("ada", "bob"):
        shutil.rmtree(tmp_path / "class" / name)
    assert all(not submission.who for submission in find([tmp_path / "class"]))


def test_several_exports_are_classes(tmp_path):
    places = [write_files(tmp_path / f"export{i}", IMITATION) for i in (1, 2)]
    named = IMITATION[METADATA].replace("Somebody Else", "Another One")
    write_files(places[1], {METADATA: named})
    found = find(places)
    assert [submission.who for submission in found] == [("Somebody Else",), ("Another One",)]


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 60)
)
NAMED = "submission_1:\n  :submitters:\n  - :name: Ada\n    :sid: 007\n"


@pytest.mark.parametrize(
    ("metadata", "who"),
    [
        (NAMED, ("Ada",)),
        (BOMB + NAMED, ("Ada",)),
        (NAMED + BOMB, ("Ada",)),
        (BOMB + NAMED.replace("Ada", "*a59"), ()),
        (BOMB + "submission_1: *a59\n", ()),
        ("? [a, {b: c}]\n: d\n" + NAMED, ("Ada",)),
        ("? &x a\n: *x\n" + NAMED, ("Ada",)),
        (NAMED + "x: " + "[" * 100_000, ("Ada",)),
        (NAMED + "x: " + "{a: " * 100_000, ("Ada",)),
        ("[" * 100_000, ()),
        ("&a [*a]", ()),
        ("submission_1: &a {:submitters: *a}", ()),
        (NAMED + NAMED.replace("Ada", "~"), ("Ada",)),
        ("\ufeff" + NAMED.replace("Ada", "Zoë"), ("Zoë",)),
    ],
)
def test_metadata_may_say_anything(metadata, who, tmp_path):
    files = {"submission_1/a.ipynb": ONE, "submission_metadata.yml": metadata}
    (submission,) = find([write_files(tmp_path / "export", files)])
    assert submission.who == who


def test_metadata_that_unpack_to_very_much_are_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission_1/a.ipynb", ONE)
        with archive.open("submission_metadata.yml", "w") as file:
            for _ in range(101):
                file.write(bytes(2**20))
    (submission,) = find([tmp_path / "export.zip"])
    assert not submission.who


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_metadata_that_are_no_file_are_not_read(make, tmp_path, capsys):
    place = write_files(tmp_path / "export", {"submission_1/a.ipynb": ONE})
    make(place / "submission_metadata.yml")
    assert found_in(place) == {"submission_1": {"a.ipynb": ONE}}
    assert "names are missing" in capsys.readouterr().err


# -- several exports --------------------------------------------------------------------------


def write_sections(place: Path, name: str, sections: str, packed: bool = False) -> dict[str, dict]:
    """Write an export once for each letter, with other contents; return what is to be found."""
    files, expected = EXPORTS[name]
    found = {}
    for section in sections:
        folder = write_files(place / section, {n: text + section for n, text in files.items()})
        if packed:
            zip_up(folder)
        for who, contents in expected.items():
            found[f"{section}-{who}"] = {n: text + section for n, text in contents.items()}
    return found


def sections_of(*places: Path) -> Counter[str]:
    return Counter(submission.section for submission in find(places))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", EXPORTS)
def test_exports_in_a_folder_are_sections(name, packed, tmp_path):
    place = tmp_path / "all"
    expected = write_sections(place, name, "abc", packed)
    write_files(
        place, {"README.md": "three sections", "__MACOSX/._a": "", "notes/old/todo.txt": ""}
    )
    number = len(EXPORTS[name][1])
    for places in ([place], sorted(place.iterdir())):
        assert found_in(*places) == expected
        assert sections_of(*places) == {"a": number, "b": number, "c": number}


def test_sections_in_a_zip_file_are_sections(tmp_path):
    expected = write_sections(tmp_path / "all/homework 1", "gradescope", "ab")
    assert found_in(zip_up(tmp_path / "all")) == expected


def test_sections_with_a_date_in_their_names_are_no_files_of_canvas(tmp_path):
    write_export(tmp_path / "all/morning", ada_1=ONE, bob_2=TWO)
    zip_up(write_export(tmp_path / "all/noon_2026_03_01", cy_3=ONE, dee_4=TWO))
    zip_up(write_export(tmp_path / "all/night_2026_03_02", eve_5=ONE, flo_6=TWO))
    for places in ([tmp_path / "all"], sorted((tmp_path / "all").iterdir())):
        expected = {"morning": 2, "noon_2026_03_01": 2, "night_2026_03_02": 2}
        assert sections_of(*places) == expected


def test_what_is_left_out_beside_exports_is_named(tmp_path, capsys):
    write_sections(tmp_path / "all", "gradescope", "ab")
    write_files(tmp_path / "all", {"README.md": "x", "notes/old/todo.txt": ""})
    find([tmp_path / "all"])
    said = capsys.readouterr().err
    assert "README.md" in said
    assert "notes" in said


@pytest.mark.parametrize("name", EXPORTS)
def test_the_same_export_counts_once(name, tmp_path, capsys):
    files, expected = EXPORTS[name]
    place = write_files(tmp_path / "all/export", files).parent
    shutil.copytree(place / "export", place / "export (1)")
    zip_up(place / "export (1)")
    for places in ([place], sorted(place.iterdir())):
        assert found_in(*places) == expected
        assert "the same export as" in capsys.readouterr().err
        assert sections_of(*places).keys() == {""}
        capsys.readouterr()


def test_sections_are_named_by_the_folders_that_tell_them_apart(tmp_path):
    for section, day in (("morning", "mon"), ("morning", "tue"), ("evening", "mon")):
        folder = tmp_path / "all" / section / day / "assignment_1_export"
        write_files(folder, {f"submission_1/{GD}": ONE + section + day})
        shutil.copytree(folder, folder.parent / "again")
        zip_up(folder.parent / "again")
    assert sections_of(tmp_path / "all").keys() == {"morning/mon", "morning/tue", "evening"}


def test_a_section_of_one_student_is_a_section(tmp_path):
    place = tmp_path / "all"
    write_sections(place, "canvas", "a")
    write_files(place / "b", {f"zoe_901_902_{GD}": ONE, f"zoe_901_903_{RELU}": TWO})
    assert sections_of(place)["b"] == 1
    assert "zoe_901" in found_in(place)


@pytest.mark.parametrize(
    "names",
    [
        ("gradient_descent_01_02_{}.ipynb", "relu_sgd_01_02_{}.ipynb"),
        ("{}_12345_1_gd.ipynb", "{}_12345_1_relu.ipynb"),
    ],
)
def test_folders_of_students_who_name_files_as_canvas_does_are_no_exports(names, tmp_path):
    for who in ("ada", "bob", "cy"):
        files = {name.format(who): text for name, text in zip(names, (ONE, TWO), strict=True)}
        write_files(tmp_path / "class" / who, files)
    assert found_in(tmp_path / "class").keys() == {"ada", "bob", "cy"}


PEOPLE = "submission_{}:\n  :submitters:\n  - :name: {}\n    :email: {}\n"


def write_export(folder: Path, **people: str) -> Path:
    """Write Gradescope's export of people, each with a number and what they submitted."""
    metadata = ""
    for who, text in people.items():
        name, number = who.split("_")
        write_files(folder, {f"submission_{number}/{GD}": text})
        metadata += PEOPLE.format(number, name, f"{name}@example.edu")
    return write_files(folder, {"submission_metadata.yml": metadata})


def test_of_two_exports_of_one_homework_what_is_in_both_counts_once(tmp_path, capsys):
    write_export(tmp_path / "monday", ada_1=ONE, bob_2=TWO)
    write_export(tmp_path / "tuesday", ada_1=ONE, bob_2=TWO, cy_3=ONE)
    found = find([tmp_path])
    assert [submission.name for submission in found] == [f"submission_{n}" for n in (1, 2, 3)]
    assert "2 of 3 are also in" in capsys.readouterr().err


def test_a_submission_changed_after_unpacking_stops_the_run(tmp_path):
    write_export(tmp_path / "all/a", ada_1=ONE, bob_2=TWO)
    write_export(tmp_path / "all/b", ada_1=ONE, bob_2=TWO + "\n")
    with pytest.raises(UsageError, match="submission_2 differs"):
        find([tmp_path / "all"])
    write_export(tmp_path / "all/b", ada_1=ONE + "\n", bob_2=TWO + "\n")
    with pytest.raises(UsageError, match="submission_1 differs"):
        find([tmp_path / "all"])


def test_the_same_work_under_the_same_number_of_other_people_is_another_one(tmp_path):
    write_export(tmp_path / "a", ada_1=ONE, bob_2=TWO)
    write_export(tmp_path / "b", cy_1=ONE, dee_2=TWO)
    assert [submission.who for submission in find([tmp_path])] == [
        (w,) for w in ("ada", "bob", "cy", "dee")
    ]


def test_who_is_in_two_sections_has_two_lines(tmp_path):
    write_export(tmp_path / "a", ada_1=ONE, bob_2=TWO)
    write_export(tmp_path / "b", ada_3=ONE, cy_4=TWO)
    found = find([tmp_path])
    assert [(s.section, s.who) for s in found if "ada" in s.who] == [
        ("a", ("ada",)),
        ("b", ("ada",)),
    ]


@pytest.mark.parametrize("several", [False, True])
def test_exports_among_other_work_stop_the_run(several, tmp_path):
    write_sections(tmp_path, "gradescope", "ab")
    write_files(tmp_path, {"late.ipynb": ONE})
    with pytest.raises(UsageError, match=r"no exports: .*late\.ipynb.*--one"):
        find(sorted(tmp_path.iterdir()) if several else [tmp_path])


def test_an_export_in_a_students_submission_is_the_students(tmp_path):
    write_export(tmp_path / "x", ada_1=ONE, eve_2=ONE)
    write_files(tmp_path / "x/submission_2", IMITATION)
    for place in (tmp_path / "x", tmp_path / "x/submission_2"):
        found = {submission.name: submission for submission in find([place])}
        assert found.keys() <= {"submission_1", "submission_2"}
        assert "Somebody Else" not in found["submission_2"].who
        assert "submission_1/a.ipynb" in files_of(found["submission_2"])


def test_a_students_folder_alone_is_one_submission_whatever_lies_in_it(tmp_path):
    files = {"a.ipynb": ONE, "a-Copy1.ipynb": ONE, "b/": "", "c.zip": ""}
    place = write_files(tmp_path / "x/submission_9", files)
    assert found_in(place).keys() == {"submission_9"}


def test_one_file_of_a_student_stands_for_all(tmp_path):
    place = write_files(tmp_path / "all", EXPORTS["canvas"][0])
    found = found_in(place / f"lovelaceada_1_2_{GD}")
    assert found == {"lovelaceada_1": {GD: ONE, RELU: TWO}}


# -- when it was submitted --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "submitted"),
    [
        ("2026-03-01 09:55:01.123456789 Z", "2026-03-01T09:55:01+00:00"),
        ("2026-03-01 09:55:01 -0800", "2026-03-01T09:55:01-08:00"),
        ("2026-03-01T09:55:01.5+05:30", "2026-03-01T09:55:01+05:30"),
        ("2026-03-01 09:55:01", "2026-03-01T09:55:01"),
        ("2026-13-01 09:55:01 Z", ""),
        ("2026-03-01 09:55:01 -9999", ""),
        ("yesterday", ""),
        ("'=1+1'", ""),
    ],
)
def test_gradescope_says_when_it_was_submitted(text, submitted, tmp_path):
    metadata = (
        f"submission_1:\n  :created_at: {text}\n  :x:\n    :created_at: 2000-01-01 00:00:00 Z\n"
    )
    files = {f"submission_1/{GD}": ONE, "submission_metadata.yml": metadata}
    (submission,) = find([write_files(tmp_path / "export", files)])
    assert submission.submitted == submitted


@pytest.mark.parametrize(
    ("file", "submitted", "late"),
    [
        (f"1-9 - Ada - May 6, 2026 231 PM - {GD}", "2026-05-06T14:31:00", False),
        (f"1-9 - Ada - 6 May, 2026 12.05 AM - {GD}", "2026-05-06T00:05:00", False),
        (f"1-9 - Ada - 31 août 2026 9.55 - {GD}", "", False),
        (f"1-9 - Ada - May 32, 2026 231 PM - {GD}", "", False),
        (f"hw_ada_attempt_2026-03-01-09-55-07_{GD}", "2026-03-01T09:55:07", False),
        (f"ada_LATE_1_2_{GD}", "", True),
        (f"LATE_anon_F9xyz_3_{GD}", "", True),
        (f"anon_F9xyz_3_{GD}", "", False),
        (f"ada_1_2_LATE_{GD}", "", False),
    ],
)
def test_names_say_when_it_was_submitted(file, submitted, late, tmp_path):
    (submission,) = find([write_files(tmp_path / "all", {file: ONE})])
    assert (submission.submitted, submission.late) == (submitted, late)


# -- hostile files ----------------------------------------------------------------------------


def listen(path: Path) -> None:
    # The path of a socket may have 107 characters.
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(path.parent)
        server.bind(path.name)
        os.chdir(here)


SPECIALS = {
    "pipe": os.mkfifo,
    "socket": listen,
    "zero": lambda path: path.symlink_to("/dev/zero"),
    "outside": lambda path: path.symlink_to("../secret.ipynb"),
    "folder": lambda path: path.symlink_to(".."),
    "loop": lambda path: path.symlink_to(path.name),
    "nowhere": lambda path: path.symlink_to("nowhere"),
}


def refused(submission: Submission) -> set[str]:
    return {why for _, why in read(submission, LIMIT).refused}


@pytest.mark.parametrize("name", ["x.ipynb", "x.zip", "x", "run.json", "ada_1_2_x.ipynb"])
@pytest.mark.parametrize("kind", SPECIALS)
def test_what_is_no_plain_file_is_a_line_that_says_so(kind, name, tmp_path):
    (tmp_path / "secret.ipynb").write_text(ONE)
    place = write_files(tmp_path / "class", {f"ada_9_9_{GD}": ONE, "bob/a.ipynb": ONE})
    SPECIALS[kind](place / name)
    SPECIALS[kind](place / "bob" / name)
    for places in ([place], sorted(place.iterdir())):
        found = find(places)
        assert len(found) == 3
        whys = [refused(submission) for submission in found]
        assert whys.count({SPECIAL}) == 2
        assert whys.count(set()) == 1
        contents = [text for submission in found for text in files_of(submission).values()]
        assert contents == [ONE, ONE]


@pytest.mark.parametrize("kind", ["pipe", "socket", "zero"])
def test_alone_it_is_one_line_as_well(kind, tmp_path):
    SPECIALS[kind](tmp_path / "x.zip")
    (submission,) = find([tmp_path / "x.zip"])
    assert refused(submission) == {SPECIAL}


def test_a_link_to_a_class_is_followed_if_it_is_all_that_is_given(tmp_path):
    write_files(tmp_path / "class", {"ada/a.ipynb": ONE, "bob/a.ipynb": ONE})
    (tmp_path / "link").symlink_to("class")
    assert len(find([tmp_path / "link"])) == 2


def test_a_device_is_not_read(tmp_path):
    (submission,) = find([Path("/dev/zero")])
    assert refused(submission) == {SPECIAL}


def test_a_file_that_is_called_as_results_are_costs_no_line(tmp_path):
    files = {"ada/a.ipynb": ONE, "ada/run.json": "{}", "bob/run.json": "{}", "run.json": "{}"}
    place = write_files(tmp_path / "class", files)
    assert found_in(place).keys() == {"ada", "bob", "run"}


def test_where_only_results_are_given_there_is_no_submission(tmp_path):
    write_files(tmp_path, {"out/x": "", ".hidden/x": ""})
    places = sorted(tmp_path.iterdir())
    assert find(places, skip=[tmp_path / "out"]) == []


def test_results_of_this_run_are_no_submission(tmp_path):
    place = write_files(tmp_path / "class", {"ada/a.ipynb": ONE, "bob/a.ipynb": ONE, "out/x": ""})
    (place / "link").symlink_to("out")
    assert found_in(place, skip=[place / "out"]).keys() == {"ada", "bob", "link"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("mode", [0o000, 0o444])
@pytest.mark.parametrize("closed", ["ada", "ada/a.ipynb", "ada/x", "eve.zip"])
def test_what_may_not_be_read_is_a_line_that_says_so(closed, mode, tmp_path):
    files = {"ada/a.ipynb": ONE, "ada/x/data.csv": "1", "eve.zip": "", "bob/a.ipynb": ONE}
    place = write_files(tmp_path / "class", files)
    (place / closed).chmod(mode)
    try:
        for places in ([place], sorted(place.iterdir())):
            found = {submission.name: submission for submission in find(places)}
            assert found.keys() == {"ada", "bob", "eve"}
            (name, *_) = closed.replace(".", "/").split("/")
            if mode == 0 or (place / closed).is_dir():
                assert UNREADABLE in refused(found[name])
            assert files_of(found["bob"]) == {"a.ipynb": ONE}
    finally:
        (place / closed).chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_class_that_may_not_be_read_is_a_wrong_argument(tmp_path):
    place = write_files(tmp_path / "class", {"ada/a.ipynb": ONE})
    place.chmod(0)
    try:
        with pytest.raises(UsageError, match="class: cannot be read"):
            find([place])
    finally:
        place.chmod(0o700)


def test_what_is_not_there_is_a_wrong_argument(tmp_path):
    with pytest.raises(UsageError, match="nowhere: no such file or folder"):
        find([tmp_path, tmp_path / "nowhere"])


def test_several_folders_of_submissions_are_classes(tmp_path):
    for section in "ab":
        write_files(tmp_path / section, {f"{who}{section}/{GD}": ONE for who in ("ada", "bob")})
    found = found_in(tmp_path / "a", tmp_path / "b")
    assert found.keys() == {"adaa", "boba", "adab", "bobb"}


def test_of_several_all_are_students_if_one_is(tmp_path):
    place = write_files(
        tmp_path / "class",
        {
            f"ada/{GD}": ONE,
            f"bob/{GD}": ONE,
            "bob/data.zip": "",
            f"cy/a/{GD}": ONE,
            f"cy/b/{RELU}": TWO,
        },
    )
    assert (
        found_in(*sorted(place.iterdir())).keys() == found_in(place).keys() == {"ada", "bob", "cy"}
    )


@pytest.mark.parametrize("name", ["\ufa6c" * 83, "x" * 255, "e\u0301" * 85, "\U0001f600" * 63])
def test_long_names_become_names_of_folders(name, tmp_path):
    place = write_files(tmp_path / "class", {f"{name}/{GD}": ONE, f"{name[:60]}/{GD}": TWO})
    found = find([place, write_files(tmp_path / "other", {f"{name}/{GD}": ONE})])
    assert len(found) == 3
    for submission in found:
        (tmp_path / "out" / submission.name).mkdir(parents=True)
        assert files_of(submission).keys() == {GD}


def test_folders_in_folders_are_one_submission_in_the_end(tmp_path):
    place = write_files(tmp_path / "class", {"/".join("d" * 60) + f"/{GD}": ONE})
    (submission,) = find([place])
    assert refused(submission)


def test_a_table_of_contents_has_a_limit(tmp_path):
    path = tmp_path / "all.zip"
    # A member without a name or data, again and again; then where the table begins.
    member = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, *[0] * 14)
    table = member * (LARGEST_TABLE // len(member) + 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(table), 0, 0)
    path.write_bytes(table + end)
    (submission,) = find([path])
    assert submission.name == "all"
    assert refused(submission)


def test_paths_in_a_zip_of_a_class_lead_nowhere_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in (
            f"ada_1_2_{GD}",
            "../evil_1_2_x.ipynb",
            "/abs_3_4_x.ipynb",
            "eve_5_6_..",
            "C:/x",
        ):
            archive.writestr(name, ONE)
        link = zipfile.ZipInfo("mal_7_8_x.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    found = find([tmp_path / "all.zip"])
    assert len(found) == 6
    files: list[File] = [file for s in found for file in read(s, LIMIT).files]
    assert all(".." not in file.name and not file.name.startswith("/") for file in files)
    (linked,) = (submission for submission in found if submission.name == "mal_7")
    assert refused(linked) == {SPECIAL}
