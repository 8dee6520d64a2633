"""Is a whole class graded once, correctly, whatever is among it and whatever happens meanwhile?"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import nbformat
import psutil
import pytest
from submissions import Answer
from support.answers import PARTS
from support.classroom import (
    ROOT,
    command,
    grade,
    let_kinds_pass,
    lower_limits,
    rewrite,
    rewrite_small,
    rounds,
    times,
    wait_for,
    with_torch,
    write_files,
    write_first_part,
    write_notebooks,
    zip_up,
)
from support.points import all_masters, possible

from autograder.grade import UsageError, executors, processes, results, run, tally, words
from autograder.grade.__main__ import HOMEWORK, main, print_comparison, report
from autograder.grade.compare import Comparison, compare
from autograder.grade.gradebook import Wanted
from autograder.grade.homework_zip import read_homework
from autograder.grade.results import (
    RESULTS,
    Outcome,
    Record,
    Run,
    folder_of,
    iter_records,
    read_record,
    read_run,
)
from autograder.grade.run import Dispatcher, identified, identify, read
from autograder.grade.scores import HandScores
from autograder.grade.submissions import Submission, find
from autograder.grade.tables import GradesTable, write_cases
from autograder.grade.tally import CaseId, CaseTally
from autograder.grade.versions import check_versions
from autograder.grader import facts
from autograder.grader.files import Files, pack, unpack

# Rounds of the bank in the class that is interrupted, changed and compared again and again.
FEW = 8
LIMIT = 25.0  # megabytes


# -- the class --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lowered(tmp_path_factory) -> Path:
    """The homework, with less patience."""
    return rewrite(tmp_path_factory.mktemp("zip") / "homework.zip", otter_config_json=lower_limits)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """The homework of one notebook, with less patience."""
    return rewrite_small(tmp_path_factory.mktemp("zip") / "homework.zip")


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    """A class of the bank's first rounds."""
    place = tmp_path_factory.mktemp("few")
    for i, answers in enumerate(rounds()[:FEW]):
        write_first_part(place / f"round{i:02}", answers)
    return place


@pytest.fixture(scope="module")
def everybody(tmp_path_factory) -> Path:
    """A class of the whole bank, and of all that goes wrong in one."""
    place = tmp_path_factory.mktemp("everybody")
    for i, answers in enumerate(rounds()):
        folder = write_notebooks(place / f"round{i:02}", answers)
        if i % 3 == 1:
            zip_up(folder)
    shutil.copytree(place / "round00", place / "twin")
    (place / "empty").mkdir()
    (place / "no_zip.zip").write_text("no zip")
    (place / "letter.pdf").write_text("Dear professor")
    (place / "link.ipynb").symlink_to(ROOT / "solutions/relu_sgd.ipynb")
    write_notebooks(place / "torch", with_torch())
    first = rounds()[0]
    exits = "import os\ndef constant_gradient(theta, y):\n    os._exit(0)"
    write_notebooks(place / "exits", first, constant_gradient=exits)
    loops = "def constant_gradient(theta, y):\n    while True:\n        pass"
    ends = "import os\nos._exit(3)"
    write_notebooks(place / "loops", first, constant_gradient=loops, linear_gradient=ends)
    return place


@pytest.fixture(scope="module")
def graded(everybody, lowered, tmp_path_factory) -> Path:
    """Where the class of everybody is graded."""
    out = tmp_path_factory.mktemp("graded") / "out"
    done = grade(everybody, "--out", out, "--homework", lowered)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def few_graded(few, small, tmp_path_factory) -> Path:
    """Where the class of few is graded, without any trouble."""
    out = tmp_path_factory.mktemp("few_graded") / "out"
    assert grade(few, "--out", out, "--homework", small).returncode == 0
    return out


def expected_verdicts(answers: list[Answer], test_files: dict) -> dict[tuple, bool]:
    """Return by question and number which test cases answers of the bank pass, as it says."""
    by_function = {answer.function: answer for answer in answers}
    verdicts = {}
    for question, test_file in test_files.items():
        for number, case in enumerate(test_file.test_cases, 1):
            (function,) = case.body._get_func_params()
            answer = by_function.get(function)
            word = case.body.test_func.__name__.rpartition("_")[2]
            verdicts[question, number] = answer is not None and word not in answer.fails
    return verdicts


# -- correct, and every fault named -----------------------------------------------------------


def test_records_are_what_the_bank_says(graded, test_files):
    classmates = {f"round{i:02}": answers for i, answers in enumerate(rounds())}
    for name, answers in {**classmates, "torch": with_torch()}.items():
        record = read_record(graded, name)
        verdicts = {(c["question"], c["case"]): c["passed"] for c in record.cases}
        assert verdicts == expected_verdicts(answers, test_files), record.name
        earned = sum(case["points"] for case in record.cases if case["passed"])
        assert record.score == pytest.approx(earned, abs=1e-4)  # it may be of thirds
        assert record.possible == possible()
        assert not record.faults
        parts = [part for q in record.questions.values() for part in q.values()]
        assert record.score == pytest.approx(sum(earned for earned, _ in parts), abs=1e-4)


def test_results_are_in_gradescopes_form(graded):
    results = json.loads((folder_of(graded, "round00") / RESULTS).read_text())
    assert results["score"] == read_record(graded, "round00").score
    assert {"name", "score", "max_score", "output"} <= results["tests"][1].keys()


def test_table_of_grades_has_every_submission_once(graded):
    with (graded / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["submission"] for row in rows] == read_run(graded)["names"]
    assert (graded / "index.html").is_file()
    for row, record in zip(rows, iter_records(graded), strict=True):
        assert float(row["total"]) == record.score
        points = [float(v) for k, v in row.items() if k.endswith((" public", " hidden"))]
        assert sum(points) == pytest.approx(record.score, abs=1e-4)


def test_table_of_cases_counts_passes_and_finds_the_commonest_message(graded):
    with (graded / "cases.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["question"], row["case"]): row for row in csv.DictReader(file)}
    assert len(rows) == sum(len(q.tests) for m in all_masters().values() for q in m.tested)
    records = list(iter_records(graded))
    for (question, number), row in rows.items():
        cases = [c for r in records for c in r.cases]
        cases = [c for c in cases if (c["question"], c["case"]) == (question, int(number))]
        held = [c for c in cases if results.kind_of(c) != facts.NO_NOTEBOOK]
        assert int(row["submissions"]) == len(held)
        assert float(row["pass_rate"]) == round(sum(c["passed"] for c in held) / len(held), 4)
        assert int(row["passed"]) == sum(c["passed"] for c in cases)
        messages = [words.one_line(c["message"]) for c in cases]
        assert messages.count(row["commonest_message"]) == int(row["times"])
        assert int(row["times"]) == max(map(messages.count, set(filter(None, messages))))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty", "no file at all"),
        ("no_zip", "cannot be unpacked"),
        ("letter", "What came: letter.pdf"),
        ("link", "no links or devices"),
        ("exits", "q1a_i: constant_gradient: ended the whole Python process (exit code 0)"),
        ("loops", "q1a_i: constant_gradient: took longer than 2 seconds"),
        ("loops", ": ended the whole Python process (exit code 3)"),
    ],
)
def test_every_fault_is_named(graded, name, words):
    (record,) = (record for record in iter_records(graded) if record.name == name)
    faults = "\n".join(record.faults)
    assert words in faults


@pytest.mark.parametrize("name", ["empty", "no_zip", "letter", "link"])
def test_what_is_no_homework_gets_nothing(graded, name):
    record = read_record(graded, name)
    assert (record.score, record.possible) == (0, possible())


def test_a_twin_gets_what_the_first_one_got(graded):
    records = {record.name: record for record in iter_records(graded)}
    first, twin = records["round00"], records["twin"]
    assert (twin.same_as, twin.score, twin.cases) == ("round00", first.score, first.cases)
    assert twin.file.endswith("/twin")
    assert not [fault for fault in twin.faults if "round00" in fault]  # no fault, see `similar`


def test_record_keeps_the_code_that_was_not_handed_out(graded):
    given = {
        cell.source.strip()
        for name in PARTS.values()
        for cell in nbformat.read(ROOT / f"student/{name}.ipynb", as_version=4).cells
    }
    record = read_record(graded, "round00")
    cells = [cell for sources in record.code.values() for cell in sources]
    assert set(record.code) == set(PARTS.values())
    assert len(cells) == len(rounds()[0])
    assert not [cell for cell in cells if cell.strip() in given]
    assert read_record(graded, "letter").code == {}


def test_record_says_what_was_graded_and_which_cells_failed(graded):
    parts = {part["name"]: part for part in read_record(graded, "exits").parts}
    assert parts["gradient_descent"]["file"].endswith("gradient_descent.ipynb")
    assert not parts["gradient_descent"]["problem"]
    missing = read_record(graded, "letter").parts
    assert [part["file"] for part in missing] == ["", ""]
    assert all("What came: letter.pdf" in part["problem"] for part in missing)


def test_every_submission_has_a_page_for_its_student(graded):
    names = {path.stem for path in (graded / "feedback").iterdir()}
    assert names == {record.name for record in iter_records(graded)}
    page = (graded / "feedback/letter.html").read_text(encoding="utf-8")
    assert "What came: letter.pdf" in page


def test_twins_are_alike_and_no_fault(graded):
    page = (graded / "alike.html").read_text(encoding="utf-8")
    assert re.search(r">twin</bdi></a> and <a[^>]*><bdi>round00<", page)


def test_a_fault_in_one_function_costs_that_function_only(graded):
    whole, broken = read_record(graded, "round00"), read_record(graded, "exits")
    lost = [
        a["question"]
        for a, b in zip(whole.cases, broken.cases, strict=True)
        if a["passed"] > b["passed"]
    ]
    assert set(lost) <= {"q1a_i"}


def test_mistakes_are_known_by_name(graded):
    for i, answers in enumerate(rounds()):
        if any("sign is flipped" in answer.says for answer in answers):
            assert "sign" in " ".join(read_record(graded, f"round{i:02}").mistakes)
    assert not read_record(graded, "empty").mistakes


def test_the_same_command_grades_nothing_again(everybody, graded, lowered):
    before = times(graded)
    done = grade(everybody, "--out", graded, "--homework", lowered)
    assert done.returncode == 0
    assert "0 graded now" in done.stdout
    assert times(graded) == before


# -- interrupted ------------------------------------------------------------------------------


def start(few: Path, out: Path, homework: Path, temporary: Path) -> subprocess.Popen:
    """Start the tool, and wait until it has graded two submissions."""
    run = subprocess.Popen(
        command(few, "--out", out, "--homework", homework, "--jobs", 2),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    wait_for(lambda: len(times(out)) >= 2)
    return run


def graders_of(run: subprocess.Popen) -> list[psutil.Process]:
    return [p for p in psutil.Process(run.pid).children() if "many" in p.cmdline()]


def assert_same_results(out: Path, other: Path) -> None:
    comparison = Comparison()
    list(compare(results.pairs(other, out), comparison))
    assert (comparison.same, comparison.changed) == (FEW, 0)


def test_a_killed_grader_costs_nothing(few, few_graded, small, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    run = start(few, tmp_path / "out", small, temporary)
    graders_of(run)[0].kill()
    assert run.wait() == 0, run.stderr.read()
    assert_same_results(tmp_path / "out", few_graded)
    assert not any(record.faults for record in iter_records(tmp_path / "out"))
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_goes_on(few, few_graded, small, tmp_path, how):
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    run = start(few, out, small, temporary)
    of_run = graders_of(run)
    run.send_signal(how)
    _, said = run.communicate()
    if how != signal.SIGKILL:
        assert run.returncode == 130
        assert said.endswith("run the same command again to go on.\n")
        assert "Traceback" not in said
    wait_for(lambda: not any(process.is_running() for process in of_run), seconds=30)
    assert not list(temporary.iterdir())
    done = times(out)
    assert 2 <= len(done) < FEW
    assert all(read_record(out, name) for name in done)
    if how != signal.SIGKILL:  # which may come in the middle of writing a file
        assert not list(out.rglob("*.part"))

    with (
        pytest.raises(UsageError, match="not finished"),
        results.opened(tmp_path / "other", earlier=out),
    ):
        pass
    again = grade(few, "--out", out, "--homework", small)
    assert again.returncode == 0, again.stderr
    assert f"{FEW - len(done)} graded now, {len(done)} as before" in again.stdout
    assert {name: times(out)[name] for name in done} == done
    assert not list(out.rglob("*.part"))
    assert_same_results(out, few_graded)


# -- changed and compared ---------------------------------------------------------------------


def test_a_changed_test_changes_exactly_the_right_scores(few, few_graded, tmp_path):
    mended = rewrite_small(tmp_path / "h.zip", q1a_i_py=let_kinds_pass)
    out = tmp_path / "out"
    done = grade(few, "--out", out, "--homework", mended, "--compare", few_graded)
    assert done.returncode == 3, done.stderr
    gainers = [
        f"round{i:02}"
        for i, answers in enumerate(rounds()[:FEW])
        if any(a.function == "constant_gradient" and "kinds" in a.fails for a in answers)
    ]
    assert gainers
    lines = done.stdout.splitlines()
    told = [line.partition(":")[0] for line in lines if " -> " in line and line[0] != " "]
    assert told == gainers
    cases = [line for line in lines if line.startswith("  q")]
    assert cases == [
        "  q1a_i, case 4 (hidden, kinds): failed, 0 of 0.5 -> passed, 0.5 of 0.5"
    ] * len(gainers)
    assert sum(line.startswith("    before: ") for line in lines) == len(gainers)
    assert f"{len(gainers)} changed: {len(gainers)} gain {len(gainers) / 2:g} points" in done.stdout
    assert (out / "compare.txt").read_text().splitlines() == lines[
        -len((out / "compare.txt").read_text().splitlines()) :
    ]

    back = grade(few, "--out", out, "--homework", mended, "--compare", few_graded)
    assert "0 graded now" in back.stdout
    assert back.returncode == 3


def test_another_message_is_told_but_is_no_change(few, few_graded, tmp_path):
    def reword(text: str) -> str:
        return text.replace("the sign is flipped", "the sign is the wrong way round")

    reworded = rewrite_small(tmp_path / "h.zip", mistakes_py=reword)
    out = tmp_path / "out"
    done = grade(few, "--out", out, "--homework", reworded, "--compare", few_graded)
    assert done.returncode == 0, done.stdout
    assert f"{FEW} graded now" in done.stdout
    assert "0 changed" in done.stdout
    assert ", 0 but for words" not in done.stdout


def test_a_changed_submission_alone_is_graded_again(few, few_graded, small, tmp_path):
    place, out = tmp_path / "few", tmp_path / "out"
    shutil.copytree(few, place)
    shutil.copytree(few_graded, out)
    shutil.rmtree(place / "round01")
    write_first_part(place / "round01", rounds()[FEW])
    (place / "round02").rename(place / "late")
    done = grade(place, "--out", out, "--homework", small, "--compare", few_graded)
    assert "2 graded now, 6 as before, 0 copied, 1 from earlier runs" in done.stdout
    assert "round01: " in done.stdout
    assert "only in the earlier run" not in done.stdout
    assert "1 only in this run: late" in done.stdout
    assert "kept in the tables: round02." in done.stdout
    assert "round02" in (out / "grades.csv").read_text()


# -- when the grader itself fails -------------------------------------------------------------

# Speaks like the grader's program `many`, and does what the names of a submission's files say.
STAND_IN = """
import json, os, sys, time
def say(message):
    print(json.dumps(message), flush=True)
if os.path.exists("CANNOT_START"):
    sys.exit("OSError: cannot start")
points = {"possible": 1, "questions": {"q1": {"public": [0, 1], "hidden": [0, 0]}}}
versions = json.load(open("versions.json")) if os.path.exists("versions.json") else {}
say({"ready": {"record": points, "versions": versions}})
for line in sys.stdin.buffer:
    files = json.loads(line)["files"]
    names = [file["name"] for file in files]
    sys.stdin.buffer.read(sum(file["size"] for file in files))
    for name in names:
        if name == "deadly" or name == "once" and not os.path.exists("died"):
            open("died", "w").close()
            os.kill(os.getpid(), 9)
        if name == "hangs":
            time.sleep(100)
        if name == "hog":  # until all have failed that are sent: five, and two are under way then
            open("hogging", "w").close()
            while len([found for found in os.listdir() if found.startswith("hit")]) < 7:
                time.sleep(0.01)
            os.rename("hogging", "hogged")
        if name == "beside":
            while not os.path.exists("hogging") and not os.path.exists("hogged"):
                time.sleep(0.01)
            if os.path.exists("hogging"):
                open(f"hit{os.getpid()}", "w").close()
                say({"failed": "OSError: no space left"})
                sys.exit("OSError: no space left")
        if name == "fails" or name == "fails once" and not os.path.exists("failed"):
            open("failed", "w").close()
            say({"failed": "GraderError: no luck"})
            sys.exit("OSError: no luck at all")
    first = "crowded" in names and not os.path.exists("not alone")
    if first:
        open("not alone", "w").close()
    score = 0 if first else 1
    record = {"score": score, "possible": 1}
    record["questions"] = {"q1": {"public": [score, 1], "hidden": [0, 0]}}
    case = {"question": "q1", "case": 1, "name": "public", "hidden": False, "points": 1}
    record["cases"] = [{**case, "passed": score > 0, "message": "", "facts": None}]
    answer = {"results": {"tests": []}, "record": record, "missing_protections": []}
    say({**answer, "short": first or "bomb" in names})
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch) -> Callable[..., int]:
    """Return a function that makes a class of such submissions and grades it in this process."""
    homework = rewrite(tmp_path / "stand_in.zip", grader_start_py=lambda text: STAND_IN)
    monkeypatch.chdir(tmp_path)

    def run(*names: str, jobs: int = 1) -> int:
        for i, name in enumerate(names):
            folder = tmp_path / "class" / f"s{i:02}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(str(i))
        arguments = [tmp_path / "class", "--out", "out", "--jobs", jobs, "--homework", homework]
        return main(list(map(str, arguments)))

    return run


def test_a_submission_that_kills_its_grader_is_tried_once_more(stand_in, capsys):
    assert stand_in("fine", "once", "fine", jobs=2) == 0
    assert [record.score for record in iter_records(Path("out"))] == [1, 1, 1]


def test_a_submission_that_kills_two_graders_is_a_fault(stand_in, capsys):
    assert stand_in("fine", "deadly", "fine", jobs=2) == 0
    scores = {record.name: record.score for record in iter_records(Path("out"))}
    assert scores == {"s00": 1, "s01": 0, "s02": 1}
    record = read_record(Path("out"), "s01")
    assert record.failed
    assert "the grader's worker was killed while grading this" in record.faults[0]
    assert "1 could not be graded" in capsys.readouterr().out


def test_a_failing_grader_is_a_fault_and_the_next_run_tries_again(stand_in, capsys):
    assert stand_in("fine", "fails", "fine") == 0
    assert "GraderError: no luck" in read_record(Path("out"), "s01").faults[0]
    Path("class/s01/fails").rename("class/s01/fine")
    assert stand_in() == 0
    assert "1 graded now, 2 as before" in capsys.readouterr().out
    assert not read_record(Path("out"), "s01").failed


def test_a_hanging_grader_is_killed(stand_in, capsys, monkeypatch):
    # Time enough for an answer without any work, also on a busy machine.
    monkeypatch.setattr(executors, "SECONDS_BESIDES", 2 - 420)
    assert stand_in("hangs", "fine", jobs=2) == 0
    assert [record.failed for record in iter_records(Path("out"))] == [True, False]


def test_a_grader_that_fails_on_everything_stops_early(stand_in, capsys):
    assert stand_in(*["fails"] * 30, jobs=2) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "GraderError: no luck (OSError: no luck at all; see out/log.txt)" in said.err
    assert len(times(Path("out"))) == 5  # said to be not graded; the next run tries again


def test_a_neighbour_that_makes_others_fail_stops_nothing(stand_in, capsys):
    assert stand_in("hog", *["beside"] * 8, jobs=2) == 0
    assert [record.score for record in iter_records(Path("out"))] == [1] * 9


def test_a_new_grader_takes_the_cpu_of_one_that_ended(monkeypatch, tmp_path):
    """Not that of another one, whose submission may keep it busy."""
    monkeypatch.setattr(processes, "GraderProcess", lambda homework, log, turn: Grader(turn))
    graders = processes.Graders(tmp_path, tmp_path / "log", 1)
    first, second = graders._take(), graders._take()
    second.is_sound = False
    graders._put_back(second)
    third = graders._take()
    assert first.turn != second.turn == third.turn


class Grader:
    """Stands in for a process."""

    def __init__(self, turn):
        self.turn, self.is_sound, self.graded = turn, True, 0

    def close(self):
        """End."""


@pytest.mark.parametrize("trouble", ["fails once", "crowded", "bomb"])
def test_what_others_may_have_caused_is_tried_once_more_alone(stand_in, capsys, trouble):
    assert stand_in("fine", trouble, "fine", jobs=2) == 0
    assert [(record.score, record.failed) for record in iter_records(Path("out"))] == [
        (1, False)
    ] * 3
    assert "3 graded now" in capsys.readouterr().out


def test_a_grader_that_never_starts_is_one_line(stand_in, capsys):
    Path("CANNOT_START").touch()
    assert stand_in("fine") == 1
    assert (
        capsys.readouterr().err
        == "the grader does not start (OSError: cannot start; see out/log.txt)\n"
    )


def test_graders_are_replaced_now_and_then(stand_in, capsys, monkeypatch):
    started = []
    monkeypatch.setattr(processes, "MOST_SUBMISSIONS", 3)
    begin = processes.GraderProcess.__init__
    monkeypatch.setattr(
        processes.GraderProcess,
        "__init__",
        lambda self, *a: (started.append(self), begin(self, *a))[1],
    )
    assert stand_in(*["fine"] * 8) == 0  # and an empty one
    assert len(started) == 3
    assert "8 graded now" in capsys.readouterr().out


def test_a_grader_with_other_versions_is_refused(stand_in, capsys):
    Path("versions.json").write_text(json.dumps({"numpy": "1.2.3"}))
    assert stand_in("fine") == 2
    said = f"this machine has numpy 1.2.3; it must be {metadata.version('numpy')}, as here\n"
    assert capsys.readouterr().err == said
    assert not times(Path("out"))


THIRD_NUMBER = "{}.{}.99".format(*sys.version_info[:2])


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({"numpy": "1.26.4"}, "w has numpy 1.26.4; it must be "),
        ({"otter-grader": None}, "w does not have otter-grader; it must be "),
        ({"python": "3.9"}, r"w has Python 3.9; it must be 3\.1\d, as here"),
        ({"python": THIRD_NUMBER, "numpy": metadata.version("numpy")}, ""),
    ],
)
def test_other_versions_are_named_with_their_place(versions, words):
    if not words:
        check_versions("w", versions)
        return
    with pytest.raises(UsageError, match=words):
        check_versions("w", versions)


def test_a_full_disk_is_one_line_and_can_be_resumed(stand_in, capsys, monkeypatch):
    write, written = results.write_json, []

    def write_until_full(path, content):
        written.append(path)
        if len(written) > 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(results, "write_json", write_until_full)
    assert stand_in(*["fine"] * 6) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("The disk of out is full.")
    assert "Traceback" not in said
    monkeypatch.setattr(results, "write_json", write)
    assert stand_in() == 0
    assert "4 graded now, 2 as before" in capsys.readouterr().out


def test_a_sandbox_that_cannot_start_is_one_line(few, tmp_path):
    broken = rewrite(
        tmp_path / "h.zip",
        sandbox_server_py=lambda text: f"{text}\nraise OSError('no sandbox here')",
    )
    done = grade(few, "--out", tmp_path / "out", "--homework", broken)
    assert done.returncode == 1
    assert "the grader fails on one submission after the other: GraderError" in done.stderr
    assert "OSError: no sandbox here" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_homework_whose_tests_do_not_load_is_one_line(few, tmp_path):
    broken = rewrite(tmp_path / "h.zip", q1a_i_py=lambda text: "def (")
    done = grade(few, "--out", tmp_path / "out", "--homework", broken)
    assert done.returncode == 2
    assert done.stderr.startswith("the homework cannot be loaded: SyntaxError")
    assert done.stderr.count("\n") == 1


def test_two_runs_do_not_share_a_folder(stand_in, capsys):
    with results.opened(Path("out")):
        assert stand_in("fine") == 2
    assert capsys.readouterr().err == "out: another run is writing there\n"


# -- one student again, late ones, and those who left -----------------------------------------

PEOPLE = (
    "submission_{}:\n  :submitters:\n  - :name: {}\n    :email: {}@example.edu\n    :sid: 0{}\n"
)
CREATED = "  :created_at: 2026-03-01 09:55:00 -0800\n"


@pytest.fixture
def sections(stand_in, tmp_path) -> Path:
    """Two exports of Gradescope, each with two students, for the stand-in."""
    for section, people in {"a": {1: "Ada", 2: "Bob"}, "b": {3: "Cy", 4: "Adam"}}.items():
        folder = tmp_path / "x" / section / "assignment_1_export"
        metadata = ""
        for number, who in people.items():
            write_files(folder, {f"submission_{number}/fine.ipynb": f"{number}"})
            metadata += PEOPLE.format(number, who, who.lower(), number) + CREATED
        write_files(folder, {"submission_metadata.yml": metadata})
    return tmp_path / "x"


def run_on(*arguments: object) -> int:
    """Run the tool in this process, with the stand-in's homework."""
    return main(list(map(str, [*arguments, "--out", "out", "--homework", "stand_in.zip"])))


def rows() -> dict[str, dict[str, str]]:
    """Return the lines of ``grades.csv``."""
    with open("out/grades.csv", encoding="utf-8-sig", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def about(row: dict[str, str]) -> list[str]:
    return [row[key] for key in ("who", "email", "sid", "section", "submitted", "total")]


ADA = ["Ada", "ada@example.edu", "01", "a", "2026-03-01T09:55:00-08:00", "1"]
NAMES = [f"submission_{number}" for number in (1, 2, 3, 4)]


def test_one_student_graded_again_keeps_name_and_section_and_the_others_stay(sections, capsys):
    assert run_on(sections) == 0
    before = times(Path("out"))
    assert about(rows()["submission_1"]) == ADA
    (ada,) = sections.glob("a/*/submission_1")
    (ada / "fine.ipynb").write_text("another try")
    capsys.readouterr()
    assert run_on(ada) == 0
    said = capsys.readouterr().out
    assert "submission_1 (Ada): 1 -> 1 of 1" in said
    assert "1 graded now, 0 as before, 0 copied, 3 from earlier runs" in said
    assert list(rows()) == NAMES
    assert about(rows()["submission_1"]) == ADA
    after = times(Path("out"))
    assert [name for name in NAMES if after[name] != before[name]] == ["submission_1"]
    assert read_run(Path("out"))["names"] == NAMES


@pytest.mark.parametrize(
    "word", ["submission_1", "SUBMISSION_1", "Ada", "ada@example.edu", "ada@", "01", "_1"]
)
def test_again_grades_one_although_nothing_has_changed(word, sections, capsys):
    assert run_on(sections) == 0
    before = times(Path("out"))
    assert run_on(sections, "--again", word) == 0
    assert "1 graded now, 3 as before" in capsys.readouterr().out
    after = times(Path("out"))
    assert [name for name in NAMES if after[name] != before[name]] == ["submission_1"]
    assert list(rows()) == NAMES


def test_again_includes_who_has_the_same_work(sections, capsys):
    for file in sections.glob("*/*/submission_[14]/fine.ipynb"):
        file.write_text("the same")
    assert run_on(sections) == 0
    assert "3 graded now, 0 as before, 1 copied" in capsys.readouterr().out
    assert run_on(sections, "--again", "submission_4") == 0
    assert "1 graded now, 2 as before, 1 copied" in capsys.readouterr().out
    assert rows()["submission_4"]["faults"] == ""


def test_only_grades_this_one_of_what_is_given(sections, capsys):
    assert run_on(sections, "--only", "Bob", "cy") == 0
    assert list(rows()) == ["submission_2", "submission_3"]
    for file in sections.glob("*/*/*/fine.ipynb"):
        file.write_text(file.parent.name)
    assert run_on(sections, "--only", "Bob") == 0
    assert "1 graded now, 0 as before, 0 copied, 1 from earlier runs" in capsys.readouterr().out
    assert run_on(sections) == 0
    assert "3 graded now, 1 as before" in capsys.readouterr().out
    assert list(rows()) == NAMES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--only", "Zoe"], "Zoe is no submission, and nobody, in what was given."),
        (["x", "--only", "Bobb"], "Is it submission_2 (Bob)?"),
        (["x", "--again", "da"], "da can be submission_1 (Ada) or submission_4 (Adam)"),
        (["x", "--again", "submission"], "submission can be submission_1 (Ada) or "),
        (["x", "--again", " "], "is no submission"),
        (["--again", "Ada", "x"], "put SUBMISSION first"),
        (["--only", "Ada"], "put SUBMISSION first"),
        (["x", "--only", "Ada", "--again", "Bob"], "Bob is no submission"),
    ],
)
def test_who_is_not_meant_clearly_is_named(arguments, words, sections, capsys):
    assert run_on(*arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not Path("out").exists()


def test_without_submissions_everything_is_written_again(sections, capsys):
    assert run_on() == 2
    assert "out holds no results: give at least one SUBMISSION" in capsys.readouterr().err
    assert run_on(sections) == 0
    about_run = read_run(Path("out"))
    table = Path("out/grades.csv").read_bytes()
    for name in ("grades.csv", "cases.csv", "index.html"):
        Path("out", name).unlink()
    shutil.copytree("out", "earlier")
    assert run_on("--compare", "earlier") == 0
    assert "0 graded now, 0 as before, 0 copied, 4 from earlier runs" in capsys.readouterr().out
    assert Path("out/grades.csv").read_bytes() == table
    assert Path("out/compare.txt").read_text().startswith("0 changed")
    assert read_run(Path("out")) == about_run


def test_who_left_stays_until_the_folder_is_deleted(sections, capsys):
    assert run_on(sections) == 0
    shutil.rmtree(next(sections.glob("b/*/submission_4")))
    assert run_on(sections) == 0
    assert "kept in the tables: submission_4." in capsys.readouterr().out
    assert list(rows()) == NAMES
    shutil.rmtree("out/submissions/submission_4")
    assert run_on() == 0
    assert list(rows()) == NAMES[:3]


def test_a_class_that_was_taken_for_one_submission_leaves_no_line(sections, capsys):
    assert run_on(sections, "--one") == 0
    assert list(rows()) == ["x"]
    # The stand-in finds homework in anything; the grader does not.
    path = Path("out/submissions/x/results.json")
    path.write_text(path.read_text().replace('"facts": null', '"facts": {"kind": "no notebook"}'))
    assert run_on(sections) == 0
    assert "Taken for one submission before, and now for a class: x." in capsys.readouterr().out
    assert run_on() == 0
    assert list(rows()) == NAMES


def test_a_late_one_comes_behind_its_neighbour(sections, capsys):
    assert run_on(sections) == 0
    shutil.copytree(next(sections.glob("a/*/submission_2")), sections / "a/late")
    write_files(sections / "a/late", {"fine.ipynb": "late"})
    assert run_on(sections / "a/late") == 0
    assert list(rows()) == ["late", *NAMES]
    write_files(
        next(sections.glob("a/*")).parent / "assignment_1_export", {"submission_9/fine.ipynb": "9"}
    )
    shutil.rmtree(sections / "a/late")
    assert run_on(sections) == 0
    assert list(rows()) == ["late", "submission_1", "submission_2", "submission_9", *NAMES[2:]]


def test_what_an_interrupted_run_has_not_graded_is_not_forgotten(sections, capsys, monkeypatch):
    write, written = results.write_json, []

    def write_until_full(path, content):
        written.append(path)
        if len(written) > 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(results, "write_json", write_until_full)
    assert run_on(sections) == 1
    monkeypatch.setattr(results, "write_json", write)
    assert run_on() == 0
    assert "2 of a run that was interrupted are not graded" in capsys.readouterr().out
    assert run_on(sections) == 0
    assert "interrupted" not in capsys.readouterr().out
    assert list(rows()) == NAMES


def test_a_name_that_tells_two_apart_is_known_by_its_place(sections, capsys):
    for section in "ab":
        (folder,) = sections.glob(f"{section}/*")
        write_files(folder, {"submission_7/fine.ipynb": section})
    assert run_on(sections) == 0
    names = list(rows())
    assert {"a-submission_7", "b-submission_7"} < set(names)
    (again,) = sections.glob("b/*/submission_7")
    (again / "fine.ipynb").write_text("another try")
    assert run_on(again) == 0
    assert "b-submission_7: 1 -> 1 of 1" in capsys.readouterr().out
    assert list(rows()) == names


def test_results_of_another_homework_zip_are_kept_and_counted(sections, tmp_path, capsys):
    assert run_on(sections) == 0

    def add_question(text: str) -> str:
        return text.replace(
            '["questions"] = {', '["questions"] = {"q2": {"public": [1, 1], "hidden": [0, 0]}, '
        )

    rewrite(tmp_path / "stand_in.zip", grader_start_py=lambda text: add_question(STAND_IN))
    (ada,) = sections.glob("a/*/submission_1")
    assert run_on(ada) == 0
    assert "3 of the earlier ones were graded with another homework.zip" in capsys.readouterr().out
    table = rows()
    assert (table["submission_1"]["q2 public"], table["submission_2"]["q2 public"]) == ("1", "")
    assert run_on(sections) == 0
    assert "another homework.zip" not in capsys.readouterr().out


def test_results_of_another_homework_are_not_mixed_in(sections, tmp_path, capsys):
    assert run_on(sections) == 0

    def rename(text: str) -> str:
        return json.dumps({**json.loads(text), "title": "Another homework"})

    rewrite(tmp_path / "stand_in.zip", homework_json=rename)
    assert run_on(sections) == 2
    assert "out holds results of another homework" in capsys.readouterr().err


def test_a_class_without_the_homework_is_no_success(lowered, tmp_path, capsys):
    place = write_files(tmp_path / "class", {f"{who}/notes.txt": who for who in ("ada", "bob")})
    assert main([str(place), "--out", str(tmp_path / "o"), "--homework", str(lowered)]) == 4
    assert "WARNING: 2 of 2 submissions hold no notebook" in capsys.readouterr().err
    for who in ("ada", "bob"):
        shutil.copytree(
            ROOT / "student", place / f"{who} too", ignore=shutil.ignore_patterns("lab")
        )
    assert main([str(place), "--out", str(tmp_path / "o"), "--homework", str(lowered)]) == 4
    assert "WARNING: all 4 submissions get 0 points" in capsys.readouterr().err
    shutil.copytree(ROOT / "solutions", place / "cy")
    assert main([str(place), "--out", str(tmp_path / "o"), "--homework", str(lowered)]) == 0
    assert "WARNING" not in capsys.readouterr().err


# -- comparing when tests have changed --------------------------------------------------------


def case(question: str, name: str, points: float, passed: bool, number: int = 1, **more) -> dict:
    hidden = name != "public"
    message = "" if passed else f"{name} is wrong"
    fields = {"question": question, "case": number, "name": name, "hidden": hidden, "facts": None}
    return {**fields, "points": points, "passed": passed, "message": message, **more}


def record(name: str, *cases: dict) -> Record:
    score = sum(each["points"] for each in cases if each["passed"])
    return Record(
        name, name, "", cases=list(cases), score=score, possible=sum(c["points"] for c in cases)
    )


def compared(*pairs: tuple[Record, Record]) -> tuple[Comparison, list[str]]:
    comparison = Comparison()
    return comparison, list(compare(pairs, comparison))


def test_another_weight_is_said_once(tmp_path):
    pairs = [
        (
            record(who, case("q1", "public", 1, True), case("q1", "sizes", 0.5, passes)),
            record(who, case("q1", "public", 1, True), case("q1", "sizes", 0.7, passes)),
        )
        for who, passes in (("ada", True), ("bob", False), ("cy", True))
    ]
    comparison, lines = compared(*pairs)
    assert lines == [
        "The tests are not the same:",
        "  q1, case 1 (hidden, sizes): weight changed, 0.5 -> 0.7 points (2 of 3 submissions pass it)",
        "  points possible: 1.5 -> 1.7 (3 submissions)",
        "ada: 1.5 of 1.5 -> 1.7 of 1.7 points",
        "cy: 1.5 of 1.5 -> 1.7 of 1.7 points",
        "2 changed: 2 gain 0.4 points in all, 0 lose 0, 0 keep their score and pass other test cases",
        "1 are the same, 0 but for words of a message",
    ]
    assert comparison.changed == 2


def test_weights_that_change_nobodys_points_are_no_change():
    pair = [record("ada", case("q1", "sizes", points, False)) for points in (1, 2)]
    comparison, lines = compared(tuple(pair))
    assert comparison.changed == 0
    assert "weight changed, 1 -> 2 points (0 of 1 submissions pass it)" in lines[1]


def test_test_cases_are_known_by_name_wherever_they_stand():
    before = record("ada", case("q1", "public", 1, True, 1), case("q1", "kinds", 1, False, 2))
    now = record("ada", case("q1", "kinds", 1, False, 1), case("q1", "public", 1, True, 2))
    comparison, lines = compared((before, now))
    assert comparison.same == 1
    assert len(lines) == 2


def test_a_new_test_case_is_news_for_those_who_fail_it_and_passed_something():
    base = [case("q1", "public", 1, True), case("q1", "sizes", 0, False)]
    failing = [{**each, "passed": False, "message": "no"} for each in base]
    pairs = [
        (record("passes", *base), record("passes", *base, case("q1", "ties", 0, True))),
        (record("fails", *base), record("fails", *base, case("q1", "ties", 0, False))),
        (record("nothing", *failing), record("nothing", *failing, case("q1", "ties", 0, False))),
    ]
    comparison, lines = compared(*pairs)
    assert lines[1] == "  q1, case 1 (hidden, ties): new (1 of 3 submissions pass it)"
    assert lines[2:5] == [
        "fails: 1 of 1 -> 1 of 1 points",
        "  q1, case 1 (hidden, ties): not there -> failed, 0 of 0",
        "    now: ties is wrong",
    ]
    assert (comparison.verdicts_only, comparison.same) == (1, 2)


def test_a_test_case_that_is_gone_is_said_once():
    public = case("q1", "public", 1, True)
    pairs = [
        (record(who, public, case("q1", "kinds", 1, passes)), record(who, public))
        for who, passes in (("ada", True), ("bob", False))
    ]
    comparison, lines = compared(*pairs)
    assert sum("gone" in line for line in lines) == 1
    assert "ada: 2 of 2 -> 1 of 1 points" in lines
    assert not any(line.startswith("bob") for line in lines)
    assert comparison.losses == [1]


def renamed(who: str, before: bool, now: bool) -> tuple[Record, Record]:
    return (record(who, case("q1", "kinds", 1, before)), record(who, case("q1", "types", 1, now)))


def test_a_renamed_test_case_is_the_same_one():
    comparison, lines = compared(renamed("ada", True, True), renamed("bob", False, False))
    assert lines[1].startswith(
        "  q1, case 1 (hidden, types): renamed, was q1, case 1 (hidden, kinds)"
    )
    assert comparison.changed == 0


def test_another_test_case_in_the_place_of_one_is_gone_and_new():
    comparison, lines = compared(renamed("ada", True, True), renamed("bob", True, False))
    assert lines[1:3] == [
        "  q1, case 1 (hidden, types): new (1 of 2 submissions pass it)",
        "  q1, case 1 (hidden, kinds): gone (2 of 2 submissions pass it)",
    ]
    assert comparison.losses == [1]


def test_a_test_case_that_becomes_public_is_the_same_one():
    pair = [record("ada", case("q1", "kinds", 1, True, hidden=hidden)) for hidden in (True, False)]
    comparison, lines = compared(tuple(pair))
    assert lines[1] == "  q1, case 1 (public, kinds): public now (1 of 1 submissions pass it)"
    assert comparison.changed == 0


def test_sums_are_rounded_as_points_are():
    pairs = [
        (record(who, case("q1", "sizes", 0.1, False)), record(who, case("q1", "sizes", 0.1, True)))
        for who in "abc"
    ]
    _, lines = compared(*pairs)
    assert "3 changed: 3 gain 0.3 points in all" in "\n".join(lines)
    thirds = [record("ada", case("q1", "sizes", third, True)) for third in (1 / 3, 0.33333)]
    assert compared(tuple(thirds))[0].same == 1


# -- arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "SUBMISSION"),
        (["nowhere"], "nowhere: no such file or folder"),
        (["class", "--jobs", "0"], "at least 1"),
        (["class", "--jobs", "many"], "at least 1"),
        (["class", "--compare", "class"], "class holds no results of an earlier run"),
        (["class", "--compare", "nowhere"], "nowhere holds no results"),
        (["class", "--homework", "nowhere.zip"], "nowhere.zip: No such file"),
        (["class", "--homework", "file"], "file is no homework.zip"),
        (["class", "--homework", "class"], "class: Is a directory"),
        (["class", "--out", "file"], "file: File exists"),
        (["class", "--colour"], "unrecognized arguments"),
    ],
)  # fmt: skip
def test_wrong_arguments_get_one_clear_line(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class").mkdir()
    (tmp_path / "file").touch()
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = stopped.code
    said = capsys.readouterr()
    assert code == 2
    assert words in said.err
    assert said.err.count("\n") == 1


def test_help_explains_options_files_and_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for word in (
        "--out",
        "--compare",
        "--jobs",
        "--homework",
        "--one",
        "--only",
        "--again",
        "grades.csv",
        "cases.csv",
    ):
        assert word in text
    assert "submission_NNN" in text
    assert "130" in text
    assert max(map(len, text.splitlines())) <= 100


# -- finding submissions ----------------------------------------------------------------------

MARK = '{"cells": [], "metadata": {"otter": {"assignment_name": "%s"}}}'
ONE, TWO = (MARK % PARTS[part] for part in ("q1", "q2"))


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"a.ipynb": ONE}, ["place"]),
        ({"a.ipynb": ONE, "b.ipynb": TWO, "notes.txt": "", "lab/data.py": ""}, ["place"]),
        ({"a.ipynb": ONE, ".ipynb_checkpoints/a.ipynb": ONE}, ["place"]),
        ({"ada.ipynb": ONE, "bob.ipynb": ONE}, ["ada", "bob"]),
        ({"ada.ipynb": ONE, "bob.zip": ""}, ["ada", "bob"]),
        ({"ada.ipynb": ONE, "bob/x.ipynb": TWO}, ["ada", "bob"]),
        ({"ada.ipynb": ONE, "bob/.hidden": ""}, ["ada", "bob"]),
        ({"ada/x.ipynb": ONE, "bob/x.ipynb": TWO, ".DS_Store": ""}, ["ada", "bob"]),
        ({"ada.ipynb": ONE, "ada.zip": ""}, ["ada", "ada.zip"]),
        ({"deep/ada/x.ipynb": ONE, "deep/bob/x.ipynb": TWO}, ["ada", "bob"]),
        ({"ada.zip": "", "bob/run.json": "{}"}, ["ada", "bob"]),
        (
            {f"{who}_{n}_a.ipynb": ONE for who, n in [("ada_1", 7), ("bob_LATE_2", 8), ("ada_1", 9)]},
            ["ada_1", "bob_2"],
        ),
        (
            {f"Ada Byron_1_assignsubmission_file_{part}.ipynb": ONE for part in "ab"},
            ["Ada Byron_1"],
        ),
        ({"=1+2/x.ipynb": ONE, " odd: name. /x.ipynb": ONE}, ["odd_ name", "_1+2"]),
        ({".hidden": ""}, ["place"]),
    ],
)  # fmt: skip
def test_a_folder_is_one_submission_or_many(files, names, tmp_path):
    place = write_files(tmp_path / "place", files)
    found = [submission.name for submission in find([place])]
    assert sorted(found) == sorted(names)


def test_one_takes_a_folder_as_one_submission(tmp_path):
    place = write_files(tmp_path / "place", {"ada.ipynb": ONE, "bob.ipynb": ONE, "c/x.zip": ""})
    (submission,) = find([place], one=True)
    files = read(submission, LIMIT)
    assert {file.name for file in files.files} == {"ada.ipynb", "bob.ipynb"}
    assert [path for path, _ in files.refused] == ["c/x.zip"]  # it is none


def test_submissions_that_are_called_the_same_get_names_of_their_own(tmp_path):
    places = [write_files(tmp_path / who, {"hw.ipynb": ONE}) / "hw.ipynb" for who in ("ada", "bob")]
    assert [s.name for s in find([*places, places[0]])] == ["ada-hw", "bob-hw"]


METADATA = """---
submission_11:
  :submitters:
  - :name: "=HYPERLINK(1)"
    :email: ada@example.edu
    :sid: 007
  - :name: Bob
    :email:
  :created_at: 2026-01-01 00:00:00.000000000 Z
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    :tests: [&1 {a: b}, *1]
submission_12: {}
"""


def make_export(folder: Path, metadata: str = METADATA) -> Path:
    files = {"submission_11/a.ipynb": ONE, "submission_12/b.zip": "", "submission_13/x/c.txt": "c"}
    return write_files(folder, {**files, "submission_metadata.yml": metadata})


def test_gradescopes_export_names_the_submitters(tmp_path):
    found = find([make_export(tmp_path / "assignment_1_export")])
    assert [s.name for s in found] == ["submission_11", "submission_12", "submission_13"]
    assert found[0].who == ("=HYPERLINK(1)", "Bob")
    assert found[0].emails == ("ada@example.edu",)
    assert found[0].sids == ("007",)


@pytest.mark.parametrize("inside", ["", "assignment_1_export"])
def test_gradescopes_export_need_not_be_unpacked(inside, tmp_path):
    export = make_export(tmp_path / "all" / inside)
    (export / "submission_14").mkdir()
    shutil.make_archive(str(tmp_path / "export"), "zip", tmp_path / "all")
    packed, plain = find([tmp_path / "export.zip"]), find([export])
    assert [s.name for s in packed] == [s.name for s in plain]
    assert [s.who for s in packed] == [s.who for s in plain]
    assert [read(s, LIMIT) for s in packed] == [read(s, LIMIT) for s in plain]


@pytest.mark.parametrize(
    "metadata", ["", "submission_11: [", "- a\n- b", "\x00", "submission_11: 3"]
)
def test_damaged_metadata_costs_names_only(metadata, tmp_path):
    found = find([make_export(tmp_path / "export", metadata)])
    assert len(found) == 3
    assert not found[0].who


def test_a_students_zip_is_one_submission(tmp_path):
    write_files(tmp_path / "ada", {"x/a.ipynb": ONE, "y/a.ipynb": ONE})
    (submission,) = find([zip_up(tmp_path / "ada")])
    assert submission.name == "ada"


def test_paths_that_lead_elsewhere_are_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in ("a.ipynb", "../../evil", "x//y", "a.ipynb/below", "\\x", "n" * 300):
            archive.writestr(f"submission_1/{name}", "")
    (submission,) = find([tmp_path / "export.zip"])
    files = read(submission, LIMIT)
    assert [file.name for file in files.files] == ["a.ipynb"]
    assert len(files.refused) == 5


def identity_of(place: Path, homework: str = "zip") -> Submission:
    (submission,) = find([place], one=True)
    return identify(submission, read(submission, LIMIT), homework)


def test_key_follows_content_and_homework_and_nothing_else(tmp_path):
    ada = write_files(tmp_path / "ada", {"a.ipynb": ONE, "b.txt": "b"})
    bob = write_files(tmp_path / "bob", {"A (1).ipynb": ONE, "b.txt": "b"})
    before = identity_of(ada)
    assert before.digest == identity_of(bob).digest
    assert before.key != identity_of(ada, "other zip").key
    assert before.key != identity_of(bob).key
    os.utime(ada / "a.ipynb", (1, 1))
    assert before.key == identity_of(ada).key
    (ada / "b.txt").write_text("c")
    assert before.key != identity_of(ada).key


def test_the_same_work_is_known_in_a_zip_file(tmp_path):
    plain = write_files(tmp_path / "ada", {"a.ipynb": ONE, "data/b.txt": "b"})
    packed = zip_up(shutil.copytree(plain, tmp_path / "bob"))
    first, second = identity_of(plain), identity_of(packed)
    assert first.digest == second.digest
    assert first.key != second.key  # the report names files by where they lay


def test_work_of_which_something_was_not_read_is_nobodys_twin(tmp_path):
    assert not identity_of(
        write_files(tmp_path / "ada", {"a.ipynb": ONE, "b.zip": "no zip"})
    ).digest


def test_what_is_too_large_is_not_read(tmp_path):
    place = write_files(
        tmp_path / "ada", {"a.ipynb": ONE, **{f"{i}.txt": "x" * 900 for i in range(3)}}
    )
    (place / "huge.ipynb").write_text("x" * 2000)
    files = read(find([place], one=True)[0], 1000 / 2**20)
    assert [file.name for file in files.files] == ["a.ipynb", "0.txt"]
    assert [path for path, _ in files.refused] == ["huge.ipynb", "1.txt", "2.txt"]


# -- odd and hostile files --------------------------------------------------------------------


def test_two_exports_with_folders_of_one_name_are_two(tmp_path):
    exports = []
    for name in ("one", "two"):
        make_export(tmp_path / name, METADATA.replace("ada@", f"{name}@"))
        for file in sorted((tmp_path / name).glob("submission_*/**/*.*")):
            file.write_text(name)
        exports.append(zip_up(tmp_path / name))
    found = find(exports)
    assert len(found) == 6
    (tmp_path / "x").mkdir()
    again = find([*exports, tmp_path / "x/.." / exports[0].name])  # the same one
    assert [s.name for s in again] == [s.name for s in found]
    texts = [read(s, LIMIT).files[0].data for s in found if s.name.endswith("_11")]
    assert texts == [b"one", b"two"]


def test_odd_entries_of_a_class_are_submissions_that_nobody_follows(tmp_path):
    place = write_files(tmp_path / "class", {"ada/x.ipynb": ONE, "bob/x.ipynb": TWO})
    (place / "loop").symlink_to("loop")
    (place / "out").symlink_to(tmp_path)
    (place / "nowhere.ipynb").symlink_to("nowhere")
    os.mkfifo(place / "pipe.ipynb")
    found = {submission.name: submission for submission in find([place])}
    assert found.keys() == {"ada", "bob", "loop", "out", "nowhere", "pipe"}
    for name in ("loop", "out", "nowhere", "pipe"):
        files = read(found[name], LIMIT)
        assert not files.files
        assert len(files.refused) == 1


def test_a_link_alone_is_not_followed(tmp_path):
    write_files(tmp_path / "elsewhere", {"ada.zip": "", "bob.zip": ""})
    (tmp_path / "class").mkdir()
    (tmp_path / "class/link").symlink_to(tmp_path / "elsewhere")
    assert [submission.name for submission in find([tmp_path / "class"])] == ["link"]


def test_a_pipe_among_notebooks_does_not_stop_the_search(tmp_path):
    place = write_files(tmp_path / "place", {"a.ipynb": ONE})
    os.mkfifo(place / "b.ipynb")
    (submission,) = find([place])
    assert [path for path, _ in read(submission, LIMIT).refused] == ["b.ipynb"]


def test_folders_may_lie_very_deep(tmp_path):
    place = write_files(tmp_path / "place", {"a.ipynb": ONE, "deep/": ""})
    here = os.open(place / "deep", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert len(find([place])) == 2  # notebooks may lie in there
    subprocess.run(["rm", "-rf", place / "deep"], check=True)  # `shutil` cannot


def test_names_fit_for_folders_of_any_file_system(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("submission_1/a.ipynb", "")
        for who in "ab":
            archive.writestr(f"{who}{'李' * 120}/a.ipynb", "")
    for submission in find([tmp_path / "export.zip"]):
        (tmp_path / "out" / submission.name).mkdir(parents=True)


def test_what_vanishes_is_a_line_with_a_fault(stand_in, tmp_path):
    place = write_files(tmp_path / "class", {f"ada_1_{i}_{i}.ipynb": ONE for i in (2, 3)})
    write_files(place, {"bob.ipynb": ONE, "cy/a.ipynb": ONE})
    found = find([place])
    (place / "ada_1_2_2.ipynb").unlink()
    (place / "bob.ipynb").unlink()
    files = {submission.name: read(submission, LIMIT) for submission in found}
    assert [file.name for file in files["ada_1"].files] == ["3.ipynb"]
    assert [path for path, _ in files["ada_1"].refused] == ["2.ipynb"]
    assert files["bob"].files == ()
    assert [path for path, _ in files["bob"].refused] == ["bob.ipynb"]
    homework = read_homework(tmp_path / "stand_in.zip")
    assert len(Run(tmp_path / "out", homework, identified(found, homework)).todo) == 3


def test_the_same_work_under_another_name_has_a_report_of_its_own(stand_in, tmp_path):
    place = write_files(tmp_path / "class", {"ada/ada.ipynb": ONE, "bo/bo.ipynb": ONE})
    write_files(place, {"cy/ada.ipynb": ONE})
    homework = read_homework(tmp_path / "stand_in.zip")
    (tmp_path / "out").mkdir()
    run = Run(tmp_path / "out", homework, identified(find([place]), homework))
    assert [submission.name for submission in run.todo] == ["ada", "bo"]
    assert [(record.name, original) for record, original in run.copies] == [("cy", "ada")]
    run.keep(Outcome(s, {"score": 1}, {"output": s.name, "tests": []}, []) for s in run.todo)
    run.end({})
    records = {record.name: record for record in iter_records(tmp_path / "out")}
    assert [record.same_as for record in records.values()] == ["", "ada", "ada"]
    outputs = [
        json.loads((tmp_path / f"out/submissions/{name}/results.json").read_text())["output"]
        for name in records
    ]
    assert outputs == ["ada", "bo", "ada"]


class Scales:
    """An executor that weighs what is under way."""

    room = 8

    def __init__(self):
        self.tasks: list[executors.Task] = []
        self.heaviest = 0

    def submit(self, task: executors.Task) -> None:
        self.tasks.append(task)
        self.heaviest = max(self.heaviest, sum(len(task.message) for task in self.tasks))

    def results(self) -> Iterator[executors.Result]:
        answer = {"record": {}, "results": {}, "missing_protections": []}
        while self.tasks:
            ready = {"versions": {}, "record": {"possible": 1}}
            yield executors.Result(self.tasks.pop(0).number, "here", ready, answer)


def test_memory_has_a_bound_however_large_submissions_are(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LARGEST_MEAN", 1000)
    monkeypatch.setattr(run, "check_versions", lambda place, versions: None)
    files = {f"s{i:02}/data.txt": "x" * (6000 if i > 10 else 60) for i in range(40)}
    found = find([write_files(tmp_path / "class", files)])
    scales = Scales()
    outcomes = list(Dispatcher(scales, read_homework(HOMEWORK), found).outcomes())
    assert len(outcomes) == len(found)
    largest = 6200  # 6000 bytes, and what is said about them
    assert largest < scales.heaviest < 8 * 1000 + largest


def test_a_message_holds_the_files(tmp_path):
    files = {'a"b.ipynb': ONE, "ö/b.txt": "ü", "empty.txt": ""}
    place = write_files(tmp_path / "ada", files)
    (place / "c").symlink_to("nowhere")
    sent = read(find([place])[0], LIMIT)
    stream = io.BytesIO(pack(sent) + pack(Files(())))
    assert unpack(stream.readline(), stream) == sent
    assert unpack(stream.readline(), stream) == Files(())
    assert not stream.read()


# -- tables -----------------------------------------------------------------------------------


FACTS = {"kind": "check failed", "mistakes": [], "about": "", "function": "", "summary": ""}


def simulate(out: Path, number: int) -> Path:
    """Write the results of a class that never was."""
    names = [f"s{i:05}" for i in range(number)]
    for i, name in enumerate(names):
        cases = [
            {
                "question": f"q{c // 4}", "case": c % 4 + 1, "name": f"test{c % 4}", "points": 0.5,
                "hidden": c % 4 > 0, "passed": (i + c) % 3 > 0,
                "message": "" if (i + c) % 3 else f"{i} is wrong here " * 10,
                "facts": None if (i + c) % 3 else {**FACTS, "summary": f"{i} is wrong " * 10},
            }
            for c in range(64)
        ]  # fmt: skip
        questions = {f"q{q}": {"public": [0.5, 0.5], "hidden": [1, 1.5]} for q in range(16)}
        record = Record(name, name, "", score=24, possible=32, questions=questions, cases=cases)
        results.write_results(out, record, {"tests": []})
    results.write_json(out / "run.json", {"names": names})
    return out


def test_memory_does_not_grow_with_the_class(tmp_path, monkeypatch):
    monkeypatch.setattr(tally, "MOST_TEXTS", 10)
    # Its list of all submissions has a limit of its own, see `test_grade_page`.
    monkeypatch.setattr("autograder.grade.__main__.write_page", lambda *arguments: None)
    homework = read_homework(HOMEWORK)

    def peak(number: int) -> int:
        out = simulate(tmp_path / str(number), number)
        tracemalloc.start()
        run = Run(out, homework, (Submission(name, name, ()) for name in read_run(out)["names"]))
        counted, _ = report(run, homework, HandScores(), Wanted(homework.title))
        list(compare(results.pairs(out, out), Comparison()))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert counted.submissions == number
        return highest

    peak(10)  # loads what is needed once
    # Their names are in some lists and sets, the gradebook has a row of numbers for each, and alike
    # work is found by short hashes. A record has more than 50,000 bytes.
    assert peak(80) - peak(40) < 40 * 10_000


def grades_of(records: list[Record]) -> str:
    """Return what is in ``grades.csv``."""
    file = io.StringIO()
    table = GradesTable(file, [])
    for record in records:
        table.add(record)
    return file.getvalue()


def test_no_text_is_a_formula():
    texts = ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"]
    records = [Record(f"s{i}", text, "", who=[text], faults=[text]) for i, text in enumerate(texts)]
    for row in csv.DictReader(io.StringIO(grades_of(records))):
        for cell in (row["who"], row["file"], row["faults"]):
            assert cell.startswith("'")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "\n"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d"])
@pytest.mark.parametrize("between", ["", " ", '"', ' "'])
def test_no_part_of_a_text_is_a_formula_whatever_ends_a_cell(separator, start, between):
    formula = f"{start}HYPERLINK(1)"
    text = f"wrong{separator}{between}{formula}{separator}{between}{start}2+cmd|' /C calc'!A0"
    case = CaseTally(submissions=1, messages=Counter({text: 1}))
    file = io.StringIO()
    write_cases(file, {CaseId("q1", 1, "x", False): case})
    tables = grades_of([Record("s", text, "", who=[text])]) + file.getvalue()
    # Excel in many countries looks for semicolons, and takes quotes within a cell for themselves.
    for cell in re.split("[\r\n]" if separator == "\n" else re.escape(separator), tables):
        assert not cell.lstrip(' "').startswith(start)


def test_numbers_in_a_message_stay_as_they_are():
    text = "expected [1.5, -2, -3.1e-05]; came: nothing"
    assert text in grades_of([Record("s", text, "")])


def test_excel_knows_that_tables_are_unicode(graded):
    for name in ("grades.csv", "cases.csv"):
        assert (graded / name).read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_message_gives_no_commands_to_a_terminal():
    assert words.one_line("\x1b[31mred\n  line") == "\ufffd[31mred line"


def test_text_that_is_no_unicode_is_written_as_escapes(tmp_path):
    with results.replacing(tmp_path / "grades.csv") as file:
        file.write(grades_of([Record("s", "caf\udce9", "", faults=["\ud800"])]))
    assert "caf\\udce9" in (tmp_path / "grades.csv").read_text()


def test_comparing_strangers_is_refused(tmp_path, capsys):
    for name in ("a", "b"):
        out = tmp_path / name
        results.write_results(out, Record(name, name, ""), {})
        results.write_json(out / "run.json", {"names": [name], "finished": True})
    with pytest.raises(UsageError, match="no submission in common"):
        print_comparison(tmp_path / "a", tmp_path / "b")
