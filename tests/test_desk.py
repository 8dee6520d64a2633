"""Written answers at one's desk: the page, the table that it exports, and what becomes of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from submissions import BANK
from support.answers import uses_torch
from support.classroom import grade, write_notebooks

from autograder.grade import UsageError, scores
from autograder.grade.desk import DeskPage, run_id
from autograder.grade.homework_zip import WrittenQuestion
from autograder.grade.results import Record
from autograder.grade.scores import HandScores, Score, answer_id
from autograder.grade.tables import GradesTable

WHY, HOW = "w_why", "w_how"
RIGHT = {a.function: a for a in BANK if not a.fails and not uses_torch(a)}.values()
QUESTIONS = {
    WHY: WrittenQuestion(
        WHY, 2.0, f"{WHY}: why?", "<p>Say <b>why</b>.</p>", "<p>Because <i>x</i>.</p>",
        ((0.5, "names <i>x</i>"), (1.0, "gives a reason"), (0.5, "an example")), "<p>Be kind.</p>",
    ),
    HOW: WrittenQuestion(HOW, 3.0),
}  # fmt: skip
HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<!--<script>\u2028\u2029 ]]> {{ 7 * 7 }} @@answers@@ \u202egnp.exe \x00\ud800 <svg onload=alert(1)>"
)
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)  # one pixel


def answer(question: str, text: str, *pictures: dict) -> dict:
    points = QUESTIONS[question].points
    return {"question": question, "points": points, "text": text, "pictures": list(pictures)}


def record(name: str, why: str = "", how: str = "", *pictures: dict, **more) -> Record:
    written = [answer(WHY, why, *pictures), answer(HOW, how)]
    return Record(name, f"class/{name}", "", written=written, score=10, possible=20, **more)


def picture(image: str = PNG, words: str = "[picture, 1 kB]") -> dict:
    return {"words": words, "file": "hw/ada.ipynb", "hash": image[-20:], "image": image}


CLASS = [
    record("ada", "x decides", "by hand", who=["Ada Lovelace"]),
    record("bob", "  x\n\tdecides ", "", who=["Bob"]),
    record("cyd", "", "", who=["Cyd"]),
    record("dan", "I do not know", "by trying"),
    record("eve", HOSTILE, "by force", who=[HOSTILE]),
]
ABOUT = {"title": "Homework <1>", "version": "1.0", "date": "2026-03-01T10:00", "id": "run1"}


def write_page(path: Path, records: list[Record], by_hand: HandScores | None = None) -> Path:
    by_hand = by_hand or HandScores(questions=QUESTIONS)
    with path.open("w", encoding="utf-8", newline="") as file:
        desk = DeskPage(file, QUESTIONS, ABOUT)
        for each in records:
            desk.add(each, by_hand.add(each))
        desk.finish()
    return path


def table_of(by_hand: HandScores, records: list[Record]) -> list[dict[str, str]]:
    file = io.StringIO()
    table = GradesTable(file, [], QUESTIONS)
    for each in records:
        table.add(each, by_hand.add(each))
    return list(csv.DictReader(io.StringIO(file.getvalue().removeprefix("\ufeff"))))


# -- the page in a browser ----------------------------------------------------------------------


@pytest.fixture
def context(browser):
    """A browser of its own, without network: nothing is stored in it yet."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True)
    yield context
    context.close()


@pytest.fixture
def show(context, tmp_path) -> Callable:
    """Open the page of a class; what it complains about fails the test."""
    complaints: list[str] = []

    def show(
        records: list[Record] = CLASS, by_hand: HandScores | None = None, name: str = "written.html"
    ):
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append("dialog"))
        page.goto(write_page(tmp_path / name, records, by_hand).as_uri())
        return page

    yield show
    assert complaints == []


def states(page) -> list[str]:
    return page.locator(".answer:not([hidden]) .state").all_text_contents()


def current(page) -> str:
    return page.locator('.answer[aria-current="true"] .text').text_content()


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def exported(page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Export scores").click()
    assert download.value.suggested_filename == "written-scores.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_equal_answers_are_one_and_empty_ones_come_first(show):
    page = show()
    texts = page.locator(".answer .text").all_text_contents()
    assert texts[0] == "Nothing was written."
    assert len(texts) == 4
    assert (
        page.locator(".answer", has_text="x decides")
        .locator("text=the same in 2 submissions")
        .count()
    )


def test_the_order_is_stable_and_another_for_each_question(show):
    records = [record(f"s{i}", f"text {i}", f"text {i}") for i in range(12)]
    # Not the inner text, which is empty as long as a browser has not drawn what is off the screen.
    page = show(records)
    first = page.locator(".answer .text").all_text_contents()
    press(page, "ArrowRight")
    second = page.locator(".answer .text").all_text_contents()
    assert sorted(first) == sorted(second)
    assert first != second
    assert first != sorted(first, key=lambda text: int(text.split()[1]))
    again = show(records[::-1])
    assert again.locator(".answer .text").all_text_contents() == first


def test_hostile_answers_are_shown_and_do_nothing(show):
    page = show()
    text = page.locator(".answer", has_text="owned").locator(".text").text_content()
    assert "</script><script>document.title='owned'</script>" in text
    assert "{{ 7 * 7 }} @@answers@@" in text
    assert not set(text) & set("\x00\u2028\u2029\u202e\ud800")
    press(page, "w")
    assert page.title() == "Written answers: Homework <1>"
    assert page.locator("script").count() == 2
    assert page.locator("main img, main svg, main iframe").count() == 0


def test_only_the_pages_own_script_may_run_and_no_address_is_opened(tmp_path):
    text = write_page(tmp_path / "written.html", CLASS).read_text(encoding="utf-8")
    policy = re.search('Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src &#39;none&#39;" in policy
    assert "unsafe" not in policy
    script = text.split("<script>")[1].split("</script>")[0]
    for word in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "http"):
        assert word not in script
    data = text.split('id="data">')[1].split("</script>")[0]
    assert data.isascii()
    assert "<" not in data


def test_digits_give_rubric_items_and_points(show):
    page = show()
    press(page, "j", "1", "2")
    assert states(page)[1] == "✓ 1.5 of 2 #1 #2"
    press(page, "2")
    assert states(page)[1] == "✓ 0.5 of 2 #1"
    press(page, "1")
    assert states(page)[1] == "○ to grade"
    press(page, "f")
    assert states(page)[1] == "✓ 2 of 2 #1 #2 #3"
    press(page, "0")
    assert states(page)[1] == "✓ 0 of 2"
    press(page, "9")
    assert states(page)[1] == "✓ 0 of 2"
    page.locator("label", has_text="gives a reason").click()
    assert states(page)[1] == "✓ 1 of 2 #2"


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("1.5", "✓ 1.5 of 2"),
        ("1,25", "✓ 1.25 of 2"),
        ("7", "○ to grade"),
        ("15", "○ to grade"),
        ("1x", "○ to grade"),
    ],
)
def test_points_can_be_typed(show, typed, state):
    page = show()
    press(page, "p")
    page.keyboard.type(typed)
    assert states(page)[0] == state
    refused = f"points are a number from 0 to 2, not {typed}"
    assert (refused in page.locator("#said").inner_text()) == (state == "○ to grade")
    press(page, "Enter", "j")
    assert page.locator("#points").input_value() == ""


def test_half_points_stay_between_none_and_all(show):
    page = show()
    press(page, "-")
    assert states(page)[0] == "✓ 0 of 2"
    press(page, *"++++++")
    assert states(page)[0] == "✓ 2 of 2"


def test_undo_takes_back_one_change_at_a_time(show):
    page = show()
    assert page.get_by_role("button", name="Undo").is_disabled()
    press(page, "1", "c")
    page.keyboard.type("well said")
    press(page, "Escape", "j", "0")
    press(page, "u")
    assert states(page)[1] == "○ to grade"
    press(page, "u")
    assert states(page)[0] == "✓ 0.5 of 2 #1"
    assert page.locator("#comment").input_value() == ""
    press(page, "u")
    assert states(page)[0] == "○ to grade"


def test_keys_do_nothing_while_somebody_types_or_when_they_are_off(show):
    page = show()
    press(page, "c")
    page.keyboard.type("just 1 nice f0w")
    assert states(page)[0] == "○ to grade"
    assert page.locator(".answer .comment").first.text_content() == "just 1 nice f0w"
    press(page, "Escape")
    page.get_by_label("keys").uncheck()
    press(page, "1")
    assert states(page)[0] == "○ to grade"


def test_next_to_grade_goes_through_all_questions(show):
    page = show()
    press(page, "0", "n", "0", "n", "0", "n", "0", "n")
    assert page.locator('[data-tab="1"]').get_attribute("aria-pressed") == "true"
    assert page.locator("#count").inner_text() == "5 of 10 graded"
    press(page, "0", "n", "0", "n", "0", "n", "0", "n", "n")
    assert page.locator("#count").inner_text() == "10 of 10 graded"
    assert "All answers are graded" in page.locator("#said").inner_text()


def test_moving_reaches_both_ends_and_no_further(show):
    page = show()
    press(page, "k")
    assert "first answer" in page.locator("#said").inner_text()
    press(page, *"jjjjj")
    assert "last answer" in page.locator("#said").inner_text()
    assert current(page) == page.locator(".answer .text").last.text_content()


def test_names_are_shown_only_when_asked(show):
    page = show()
    assert "Ada" not in page.locator("main").inner_text()
    press(page, "w")
    assert "ada (Ada Lovelace)" in page.locator("main").inner_text()
    press(page, "w")
    assert "Ada" not in page.locator("main").inner_text()


def test_what_guides_the_grader_stands_beside(show):
    page = show()
    panel = page.locator(".panel")
    assert "Because x." in panel.inner_text()
    assert "Be kind." in panel.inner_text()
    assert panel.locator("[data-item]:visible").count() == 3
    press(page, "ArrowRight")
    assert "Because x." not in panel.inner_text()
    assert panel.locator("[data-item]:visible").count() == 0


def test_the_help_line_names_every_key(show):
    page = show()
    script = page.locator("script").last.text_content()
    keys = re.search(r"const ACTIONS = \{(.*?)\n  \};", script, re.DOTALL)[1]
    names = set(re.findall(r'(?:^|[,\s])"?([\w+?-]+)"?: ', keys))
    arrows = {"ArrowDown": "↓", "ArrowUp": "↑", "ArrowLeft": "←", "ArrowRight": "→"}
    listed = set(page.locator("#help kbd").all_inner_texts())
    assert {arrows.get(name, name) for name in names} <= listed
    press(page, "?")
    assert not page.locator("#help").is_visible()


def test_a_filter_shows_what_is_left(show):
    page = show()
    press(page, "0")
    page.get_by_label("Show").select_option("open")
    assert len(states(page)) == 3
    page.get_by_label("Show").select_option("changed")
    assert states(page) == []
    assert page.locator("#nothing").is_visible()


def test_pictures_are_shown_or_named(show):
    shown, large = picture(), picture("", "[picture photo.jpg, 4000 kB]")
    page = show([record("ada", "see [picture, 1 kB]", "", shown, large)])
    image = page.locator(".answer img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.answer img').naturalWidth === 1")
    captions = page.locator("figcaption").all_inner_texts()
    assert captions[0] == "[picture, 1 kB]"
    assert captions[1].startswith("[picture photo.jpg, 4000 kB] is not shown here.")
    assert "ada.ipynb" not in page.locator("main").inner_text()
    press(page, "w")
    assert "Look into the file" in page.locator("figcaption").last.inner_text()
    assert "hw/ada.ipynb" in page.locator("main").inner_text()


def test_progress_is_kept_and_survives_a_new_page(show):
    page = show()
    press(page, "j", "1", "3", "c")
    page.keyboard.type("close")
    graded = current(page)
    page.reload()
    assert states(page)[1] == "✓ 1 of 2 #1 #3"
    again = show([*CLASS, record("fay", "another text", "")])
    card = again.locator(".answer").filter(has=again.locator(".text", has_text=graded[:20]))
    assert card.locator(".state").text_content() == "✓ 1 of 2 #1 #3"
    assert card.locator(".comment").text_content() == "close"


def test_another_run_starts_afresh(show, monkeypatch):
    page = show()
    press(page, "1")
    monkeypatch.setitem(ABOUT, "id", "run2")
    assert set(states(show())) == {"○ to grade"}


def test_an_answer_that_has_changed_is_to_be_looked_at_again(show):
    page = show([record("ada", "first text")])
    press(page, "1", "2", "c")
    page.keyboard.type("nearly")
    page = show([record("ada", "second text")])
    assert states(page) == ["↻ to grade"]
    assert "graded with 1.5" in page.locator(".answer .flag").text_content()
    assert page.locator("#count").inner_text() == "0 of 2 graded"
    assert exported(page) == []
    press(page, "y")
    assert states(page) == ["✓ 1.5 of 2 #1 #2"]
    assert page.locator(".answer .comment").text_content() == "nearly"


def test_two_windows_show_the_same(show):
    page, other = show(), show()
    press(page, "1")
    other.wait_for_function("document.querySelector('.state').textContent.includes('0.5')")
    assert states(other)[0] == "✓ 0.5 of 2 #1"


def test_a_browser_that_keeps_nothing_says_so(context, tmp_path):
    page = context.new_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    page.goto(write_page(tmp_path / "written.html", CLASS).as_uri())
    press(page, "1")
    assert "does not keep your progress" in page.locator("#warning").inner_text()
    assert states(page)[0] == "✓ 0.5 of 2 #1"


def test_what_is_exported_is_what_the_command_reads(show, tmp_path):
    page = show()
    press(page, "j", "1", "3", "c")
    page.keyboard.type('=1+1, "so"; so')
    press(page, "Escape", "k", "0", "ArrowRight", "j", "f")
    rows = exported(page)
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    names = [each.name for each in CLASS]
    by_hand = scores.load([path], tmp_path, QUESTIONS, names)
    assert {score.points for score in by_hand.scores.values()} == {0, 1, 3}
    comments = {score.comment for score in by_hand.scores.values()}
    assert comments == {"", '=1+1, "so"; so'}
    lines = table_of(by_hand, CLASS)
    assert sum(float(line["by hand"]) for line in lines) == sum(float(r["points"]) for r in rows)
    assert by_hand.changed == []


def test_one_decision_about_equal_answers_is_a_line_for_each(show):
    page = show([record("ada", "x decides"), record("bob", "x  decides")])
    press(page, "2")
    rows = exported(page)
    assert [(row["submission"], row["question"], row["points"]) for row in rows] == [
        ("ada", WHY, "1"), ("bob", WHY, "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace(",", ";").replace("0.5", "0,5").encode("cp1252"),
        lambda text: text.replace(",", "\t").encode("utf-16"),
        lambda text: f"sep=,\n{text}".encode(),
    ],
    ids=["Excel, UTF-8", "Excel, Europe", "Excel, Unicode text", "separator said"],
)
def test_a_file_is_read_back_however_it_was_saved(show, change):
    text = (
        f"submission,question,points,comment\nada,{WHY},0.5,très bien\nzoe,{WHY},1,\nbob,{HOW},9,\n"
    )
    page = show([record("ada", "x decides"), record("bob", "", "y")])
    page.get_by_label("Load scores").set_input_files(
        {"name": "scores.csv", "mimeType": "text/csv", "buffer": change(text)}
    )
    page.wait_for_function("document.getElementById('said').textContent.includes('read: 1')")
    assert (
        "unknown submissions or questions: 1, with wrong points: 1"
        in page.locator("#said").inner_text()
    )
    card = page.locator(".answer", has_text="x decides")
    assert card.locator(".state").text_content() == "✓ 0.5 of 2"
    assert card.locator(".comment").text_content() == "très bien"


def test_scores_that_are_kept_stand_in_the_page(show):
    kept = HandScores({("dan", WHY): Score(1.5, "#2 #3", "fine", "", "2026-01-01T00:00:00Z")})
    page = show(CLASS, kept)
    card = page.locator(".answer", has_text="I do not know")
    assert card.locator(".state").text_content() == "✓ 1.5 of 2 #2 #3"
    # They are in the folder of results: only what is done here is exported.
    assert exported(page) == []
    card.click()
    press(page, "Backspace")
    assert [row["points"] for row in exported(page)] == ["none"]


def test_equal_answers_that_a_table_treats_differently_are_flagged(show):
    kept = HandScores({("ada", WHY): Score(1.0, graded="1"), ("bob", WHY): Score(2.0, graded="1")})
    page = show([record("ada", "x decides"), record("bob", "x decides")], kept)
    flag = page.locator(".answer .flag")
    assert flag.text_content() == "Graded differently: 1, 2. What you give here counts for all."
    press(page, "f")
    assert not flag.is_visible()


def test_ten_thousand_answers_and_one_of_a_megabyte_can_be_graded(show):
    records = [record(f"s{i}", f"text {i}", "y") for i in range(4_999)]
    page = show([*records, record("long", "word " * 200_000, "y")])
    assert page.locator("#count").inner_text() == "0 of 10000 graded"
    press(page, "j", "1", "n")
    assert page.locator("#count").inner_text() == "1 of 10000 graded"


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_nothing_is_wider_than_the_window(show, width):
    page = show([*CLASS, record("w" * 90, "W" * 3000, "", picture(), who=["W" * 300])])
    page.set_viewport_size({"width": width, "height": 700})
    press(page, "w")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_controls_have_names_for_those_who_do_not_see_them(show):
    page = show()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select, textarea')].filter((node) =>"
        " !node.labels?.length && !node.getAttribute('aria-label') && !node.textContent.trim()).length"
    )
    assert unnamed == 0
    press(page, "1")
    assert page.locator("[role=status]").inner_text() == "Answer 1: 0.5 of 2 #1"


# -- scores, read and kept -----------------------------------------------------------------------

NAMES = [each.name for each in CLASS]


def read(tmp_path: Path, text: str, *more: str, names: list[str] = NAMES) -> HandScores:
    paths = []
    for number, content in enumerate([text, *more]):
        paths.append(tmp_path / f"scores{number}.csv")
        paths[-1].write_text(content, encoding="utf-8")
    return scores.load(paths, tmp_path, QUESTIONS, names)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"zoe,{WHY},1", "line 2: there is no submission 'zoe'"),
        ("ada,q9,1", f"line 2: 'q9' is no question that people grade; these are: {WHY}, {HOW}"),
        (f"ada,{WHY},2.5", f"line 2: ada, {WHY}: 2.5 points, but it has 0 to 2"),
        (f"ada,{WHY},-1", f"line 2: ada, {WHY}: -1 points, but it has 0 to 2"),
        (f"ada,{WHY},two", f"line 2: ada, {WHY}: 'two' is no number of points"),
        (f"ada,{WHY},nan", f"line 2: ada, {WHY}: 'nan' is no number of points"),
        (f"ada,{WHY},1\nada,{WHY},1", f"line 3: ada, {WHY}: has a line already"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, words):
    with pytest.raises(UsageError) as error:
        read(tmp_path, f"submission,question,points\n{line}\n")
    assert str(error.value) == f"{tmp_path}/scores0.csv, {words}"


def test_all_wrong_lines_are_named_at_once(tmp_path):
    lines = "".join(f"nobody{i},{WHY},1\n" for i in range(30))
    with pytest.raises(UsageError) as error:
        read(tmp_path, f"submission,question,points\n{lines}")
    assert len(str(error.value).splitlines()) == 21
    assert str(error.value).endswith("and 10 more")


def test_a_table_without_the_columns_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no column question, points; it has: submission, score"):
        read(tmp_path, "submission,score\nada,1\n")


def test_two_files_may_agree_and_not_contradict_each_other(tmp_path):
    head = "submission,question,points\n"
    both = read(tmp_path, f"{head}ada,{WHY},1\n", f"{head}ada,{WHY},1\nbob,{WHY},2\n")
    assert len(both.scores) == 2
    with pytest.raises(UsageError, match=f"ada, {WHY}: has other points in a file"):
        read(tmp_path, f"{head}ada,{WHY},1\n", f"{head}ada,{WHY},2\n")


def test_a_line_without_points_says_nothing(tmp_path):
    assert read(tmp_path, f"submission,question,points\nada,{WHY},\n").scores == {}


@pytest.mark.parametrize(
    "data",
    [
        f"Submission;Question;Points\r\nada;{WHY};1,5\r\n".encode("cp1252"),
        f"\ufeffsubmission,question,points,,\nada,{WHY},1.50,,\n\n,,,,\n".encode(),
        f"question\tpoints\tsubmission\n{WHY}\t1.5\tada\n".encode("utf-16"),
        f'sep=;\n"submission";"question";"points"\n"ada";"{WHY}";" 1,5 "\n'.encode(),
    ],
)
def test_what_a_spreadsheet_has_saved_is_read(tmp_path, data):
    (tmp_path / "scores.csv").write_bytes(data)
    by_hand = scores.load([tmp_path / "scores.csv"], tmp_path, QUESTIONS, NAMES)
    assert by_hand.scores["ada", WHY].points == 1.5


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04xlsx", b"\n\n"])
def test_what_is_no_table_is_refused_in_one_line(tmp_path, data):
    (tmp_path / "scores.csv").write_bytes(data)
    with pytest.raises(UsageError, match=r"scores\.csv: this"):
        scores.load([tmp_path / "scores.csv"], tmp_path, QUESTIONS, NAMES)


def test_scores_are_kept_and_counted_without_the_file(tmp_path):
    by_hand = read(
        tmp_path, f"submission,question,points,comment\nada,{WHY},1,-good\nada,{HOW},3,\n"
    )
    (line, *_) = table_of(by_hand, CLASS)
    scores.save(tmp_path, by_hand, QUESTIONS)
    later = scores.load([], tmp_path, QUESTIONS, NAMES)
    assert later.scores["ada", WHY].comment == "-good"
    assert table_of(later, CLASS)[0] == line
    assert (line[f"{WHY} by hand"], line[f"{HOW} by hand"]) == ("1.0", "3.0")
    assert (line["autograder"], line["by hand"], line["to grade"]) == ("10", "4.0", "0")
    assert (line["total"], line["possible"]) == ("14.0", "25.0")


def test_new_scores_take_the_place_of_kept_ones_and_others_stay(tmp_path):
    head = "submission,question,points\n"
    scores.save(
        tmp_path, read(tmp_path, f"{head}ada,{WHY},1\nbob,{WHY},1\ndan,{WHY},1\n"), QUESTIONS
    )
    by_hand = read(tmp_path, f"{head}ada,{WHY},2\nbob,{WHY},none\n")
    points = {name: score.points for (name, _), score in by_hand.scores.items()}
    assert points == {"ada": 2, "bob": None, "dan": 1}
    assert by_hand.marks(CLASS[1])[0].points is None
    scores.save(tmp_path, by_hand, QUESTIONS)
    assert ("bob", WHY) not in scores.load([], tmp_path, QUESTIONS, NAMES).scores


def test_a_table_of_points_alone_takes_no_words_away(tmp_path):
    head = "submission,question,points"
    said = f"{head},rubric,comment\nada,{WHY},1,#1,well said\nbob,{WHY},1,#1,well said\n"
    scores.save(tmp_path, read(tmp_path, said), QUESTIONS)
    by_hand = read(tmp_path, f"{head}\nada,{WHY},1\nbob,{WHY},2\n").scores
    words = {name: (score.rubric, score.comment) for (name, _), score in by_hand.items()}
    # They are about other points.
    assert words == {"ada": ("#1", "well said"), "bob": ("", "")}
    by_hand = read(tmp_path, f"{head},comment\nada,{WHY},1,\n").scores
    assert by_hand["ada", WHY].comment == ""


def test_the_score_of_a_changed_answer_does_not_count_and_is_named(tmp_path):
    by_hand = read(tmp_path, f"submission,question,points\nada,{WHY},1\n")
    table_of(by_hand, [record("ada", "first")])
    scores.save(tmp_path, by_hand, QUESTIONS)
    later = scores.load([], tmp_path, QUESTIONS, NAMES)
    (line,) = table_of(later, [record("ada", "second")])
    assert (line[f"{WHY} by hand"], line["to grade"]) == ("", "2")
    assert f"{WHY} has changed since it was graded by hand" in line["faults"]
    assert later.changed == [("ada", WHY)]
    # White space is no change.
    assert (
        scores.load([], tmp_path, QUESTIONS, NAMES).marks(record("ada", " first\n"))[0].points == 1
    )


def test_a_kept_score_above_what_a_question_gives_now_is_refused(tmp_path):
    scores.save(tmp_path, HandScores({("ada", WHY): Score(2.0)}), QUESTIONS)
    less = {WHY: WrittenQuestion(WHY, 1.0)}
    with pytest.raises(UsageError, match=r"written-scores\.csv, line 2: ada, w_why: 2 points"):
        scores.load([], tmp_path, less, NAMES)


def test_a_name_that_a_spreadsheet_could_run_is_known_again(tmp_path):
    names = ["-1+1 cmd", "a,-b", "@x"]
    records = [record(name, f"text of {name}") for name in names]
    by_hand = HandScores({(name, WHY): Score(1.0) for name in names})
    table_of(by_hand, records)
    scores.save(tmp_path, by_hand, QUESTIONS)
    assert {*scores.load([], tmp_path, QUESTIONS, names).scores} == {(name, WHY) for name in names}
    cells = (tmp_path / "written-scores.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert all(cell.lstrip('"')[0] not in "=+-@" for cell in cells)


def test_pictures_tell_answers_apart():
    one, other = picture(), picture(PNG[:-10] + "A" * 10)
    assert answer_id(answer(WHY, "see", one)) != answer_id(answer(WHY, "see", other))
    assert answer_id(answer(WHY, "see", one)) == answer_id(answer(WHY, " see ", one))
    assert answer_id(answer(WHY, "see")) != answer_id(answer(HOW, "see"))


MEAN = (
    "Mean 10 of 20 points of the autograder, of all 2 submissions that have a result; one without "
    "any notebook counts as 0."
)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, f"{MEAN} By hand, 0 of 4 answers are graded."),
        ({("a", WHY): 2}, f"{MEAN} By hand, 1 of 4 answers are graded."),
        (
            {("a", WHY): 2, ("a", HOW): 1, ("b", WHY): 0, ("b", HOW): 0},
            f"{MEAN} With points by hand: 11.5 of 25.",
        ),
    ],
)
def test_the_mean_says_what_is_in_it(given, words):
    by_hand = HandScores({key: Score(float(points)) for key, points in given.items()})
    for name in "ab":
        by_hand.add(record(name))
    assert scores.mean_in_words(by_hand, 10, 20, 2) == words


def test_answers_to_a_question_that_is_gone_are_left_out(tmp_path):
    old = record("ada", "so")
    old.written.append({"question": "gone", "points": 1.0, "text": "x", "pictures": []})
    assert "gone" not in write_page(tmp_path / "written.html", [old]).read_text(encoding="utf-8")
    by_hand = HandScores(questions=QUESTIONS)
    (line,) = table_of(by_hand, [old])
    assert line["possible"] == "25.0"
    assert by_hand.answers == 2


def test_a_run_is_known_by_its_folder_and_title(tmp_path):
    assert run_id(tmp_path, "a") == run_id(tmp_path / "x/..", "a")
    assert run_id(tmp_path, "a") != run_id(tmp_path / "x", "a")
    assert run_id(tmp_path, "a") != run_id(tmp_path, "b")


# -- from notebooks to totals ---------------------------------------------------------------------


def test_answers_of_a_class_are_graded_and_come_into_the_totals(tmp_path):
    folder = write_notebooks(tmp_path / "class/ada", RIGHT)
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and "Type your answer here" in source:
                cell["source"] = f"An answer in {path.stem}, ![](attachment:a.png)"
                cell["attachments"] = {"a.png": {"image/png": PNG.partition(",")[2]}}
        path.write_text(json.dumps(notebook), encoding="utf-8")
    write_notebooks(tmp_path / "class/bob", [])
    out = tmp_path / "out"
    assert grade(tmp_path / "class", "--out", out).returncode == 0
    text = (out / "written.html").read_text(encoding="utf-8")
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert {len(members) for members in data["members"].values()} == {1}
    blank, answers = [], []
    for each in data["answers"]:
        (answers if each["text"] else blank).append(each)
    assert len(blank) == len(answers) == len(data["questions"])
    assert all(each["pictures"][0][2] == PNG for each in answers)
    table = tmp_path / "scores.csv"
    lines = [f"ada,{question['id']},0.5" for question in data["questions"]]
    table.write_text("\n".join(["submission,question,points", *lines]), encoding="utf-8")
    done = grade(tmp_path / "class", "--out", out, "--scores", table)
    assert "0 graded now" in done.stdout
    done = grade(tmp_path / "class", "--out", out)
    assert f"{len(lines)} of {2 * len(lines)} answers are graded" in done.stdout
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        ada, bob = csv.DictReader(file)
    assert (float(ada["by hand"]), ada["to grade"]) == (0.5 * len(lines), "0")
    assert (float(bob["by hand"]), bob["to grade"]) == (0, str(len(lines)))
    table.write_text("submission,question,points\nzoe,q,1\nbob,q,1\n", encoding="utf-8")
    wrong = grade(tmp_path / "class", "--out", out, "--scores", table)
    assert wrong.returncode == 2
    assert len(wrong.stderr.splitlines()) == 2
