"""The page about a class: are its numbers right, is it safe, and can people read it?

The classes are simulated: answers of the bank are graded in this process, and put together at
random. What the page should say is worked out here a second time, from the answers.
"""

from __future__ import annotations

import contextlib
import html
import io
import pickle
import random
import re
import statistics
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from lab.mistakes import SENTENCES
from submissions import BANK, Answer
from support.answers import case_name, named
from support.classroom import HOMEWORK

from autograder.grade import page, words
from autograder.grade.feedback import ByHand, FeedbackPages
from autograder.grade.homework_zip import read_homework
from autograder.grade.page import write_page
from autograder.grade.results import Record
from autograder.grade.similar import Findings, Line, Pair, write_alike
from autograder.grade.tally import CaseId, Submission, Tally
from autograder.grade.templates import STYLE
from autograder.grader import facts, grading, homework

NBSP = "\N{NO-BREAK SPACE}"
ABOUT = {
    "title": "Homework: gradient descent",
    "version": "0.3.0",
    "date": "2026-03-02 18:40",
    "zip": "0123456789abcdef" * 4,
    "titles": {"q1a_i": "constant_gradient"},
}
# Of the page, and of what is kept in memory, for a class of any size.
LARGEST_PAGE = 300_000  # bytes
LARGEST_MEMORY = 20_000_000  # bytes; 10,000 records have some 300 MB
PASSED = {"passed": True, "message": "", "facts": None}
HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe\x00\x1b[31m\u2028\udcff{{ 7 * 7 }}"


# ---- Simulated classes -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(zips) -> dict[str, list[list[list[dict]]]]:
    """The test cases of every answer in the bank, by question and function."""
    tests = {
        path.stem: homework.Tests.from_file(str(path))
        for folder in zips.values()
        for path in sorted((folder / "tests").glob("*.py"))
    }
    answers = defaultdict(lambda: defaultdict(list))
    for answer in BANK:
        with contextlib.redirect_stderr(io.StringIO()):
            cases = list(run_answer(answer, tests[answer.question]))
        answers[answer.question][answer.function].append(cases)
    return {question: list(functions.values()) for question, functions in answers.items()}


def run_answer(answer: Answer, tests: homework.Tests) -> Iterator[dict]:
    """Yield what the isolated grader says of the test cases of an answer's function."""
    environment = {answer.function: named(answer.code, answer.function)}
    for i, case in enumerate(tests.test_cases, 1):
        if answer.function in case.body._get_func_params():
            with contextlib.redirect_stdout(io.StringIO()):
                result = tests.run_case(case, environment)
            yield {
                "question": answer.question,
                "case": i,
                "name": case_name(case),
                "hidden": bool(case.hidden),
                "points": case.points,
                "passed": result.passed,
                "message": result.message,
                "facts": asdict(result.facts) if result.facts else None,
            }


def simulate(answers: dict, n: int) -> Iterator[Record]:
    """Yield the records of a class."""
    rng = random.Random(n)
    for i in range(n):
        cases = [
            case
            for functions in answers.values()
            for choices in functions
            # The last answers in the bank are right; some are given much more often than others.
            for case in choices[-1 - int(rng.betavariate(1, 2) * len(choices))]
        ]
        yield make_record(f"submission_{i}", cases, seconds=rng.lognormvariate(-1, 0.5))


def make_record(name: str, cases: list[dict], **others) -> Record:
    """Return the record of a submission with these test cases."""
    questions = defaultdict(lambda: {"public": [0, 0], "hidden": [0, 0]})
    for case in cases:
        part = questions[case["question"]]["hidden" if case["hidden"] else "public"]
        part[0] += case["points"] * case["passed"]
        part[1] += case["points"]
    sums = [part for parts in questions.values() for part in parts.values()]
    return Record(
        name=name, file=f"class/{name}", key="0", cases=cases, questions=dict(questions),
        score=sum(earned for earned, _ in sums), possible=sum(possible for _, possible in sums),
        **others,
    )  # fmt: skip


def failed(*readings: tuple[str, ...], kind: str = "wrong value", **others) -> dict:
    """Return a test case that fails, with the mistakes that its message offers."""
    texts = (" And: ".join(SENTENCES.get(name, name) for name in names) for names in readings)
    message = f"f: {kind}\n\n{chr(10).join(texts)}"
    said = {"about": "", "function": "f", "summary": " ".join(message.removeprefix("f: ").split())}
    case = {"question": "q1a_i", "case": 1, "name": "public", "hidden": False, "points": 2.0}
    case |= {"passed": False, "message": message}
    return {**case, "facts": {"kind": kind, "mistakes": readings, **said}, **others}


def failing(name: str, *readings: tuple[str, ...], **others) -> Record:
    """Return a record with a single test case, which fails."""
    return make_record(name, [failed(*readings, **others)])


def faulty(name: str, fault: str) -> Record:
    """Return the record of an upload in which there was nothing to grade."""
    nothing = failing(name, kind=facts.NO_NOTEBOOK, message=grading.NOTHING)
    return replace(nothing, faults=[fault])


@pytest.fixture(scope="module")
def records(answers) -> list[Record]:
    """A class of 200."""
    return list(simulate(answers, 200))


@pytest.fixture(scope="module")
def document(records) -> str:
    """The page of that class."""
    return draw(records)


def draw(records: Iterable[Record], about=ABOUT) -> str:
    return draw_tally(count(records), about)


def draw_tally(tally: Tally, about=ABOUT) -> str:
    file = io.StringIO()
    write_page(file, tally, about)
    return file.getvalue()


def count(records: Iterable[Record]) -> Tally:
    tally = Tally(SENTENCES)
    for record in records:
        tally.add(record)
    return tally


# ---- Reading the page ------------------------------------------------------------------------


def text_of(document: str) -> str:
    """Return the text of a piece of HTML, white space as it is seen."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", document)).replace(NBSP, " ").split())


def section(document: str, name: str) -> str:
    """Return one section, by the id of its heading."""
    (text,) = re.findall(rf'<section aria-labelledby="{name}">(.*?)</section>', document, re.S)
    return text


def ranked(text: str) -> list[tuple[int, int, str]]:
    """Return the entries of the ranked lists of a section: count, of how many, words."""
    entries = []
    for item in text.split('<div class="count">')[1:]:
        count, total = re.search(r">(\d+) of (\d+)<", item).groups()
        entries.append((int(count), int(total), text_of(item.partition("<details>")[0])))
    return entries


class Tree(HTMLParser):
    """Checks that elements are closed in order, and collects them."""

    def __init__(self, document: str):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(document)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


# ---- Numbers ---------------------------------------------------------------------------------


def test_most_common_mistake_comes_first():
    halved, flipped = SENTENCES["no two"], SENTENCES["sign"]
    class_ = [failing(f"s{i}", ("no two",)) for i in range(3)]
    class_ += [failing("t", ("sign",), question="q1b_i")]
    entries = ranked(section(draw(class_), "mistakes"))
    assert [entry[:2] for entry in entries] == [(3, 4), (1, 4)]
    assert halved in entries[0][2]
    assert "In q1a_i constant_gradient (3)" in entries[0][2]
    assert flipped in entries[1][2]
    assert "In q1b_i (1)" in entries[1][2]


def test_counts_of_mistakes_are_those_of_the_class(document, records):
    """Where a message leaves no choice; see the next test for the others."""
    said, doubtful = Counter(), set()
    for record in records:
        sentences = set()
        for case in record.cases:
            readings = case["facts"]["mistakes"] if case["facts"] else ()
            fitting = {SENTENCES[name] for reading in readings for name in reading}
            sentences |= fitting
            if len(readings) > 1:
                doubtful |= fitting
        said.update(sentences)
    shown = {entry[2]: entry[0] for entry in ranked(section(document, "mistakes"))}
    compared = 0
    for sentence, number in said.items():
        if sentence not in doubtful:
            found = [n for entry, n in shown.items() if sentence.replace("{k}", "k") in entry]
            assert found == [number], sentence
            compared += 1
    assert compared > 20
    assert list(shown.values()) == sorted(shown.values(), reverse=True)


def test_explanation_that_another_test_case_rules_out_does_not_count():
    sure = failed(("sum",), case=1, name="a")
    either = failed(("sum",), ("two twice",), case=2, name="b")
    class_ = [make_record("one", [sure, either]), make_record("two", [either])]
    text = section(draw(class_), "mistakes")
    assert [entry[:2] for entry in ranked(text)] == [(2, 2), (1, 2)]
    assert SENTENCES["two twice"] in ranked(text)[1][2]


def test_mistakes_that_share_a_sentence_are_one():
    tally = Tally({"a": "Too long.", "b": "Too long."})
    for record in (failing("one", ("a",)), failing("two", ("b",)), failing("three", ("c",))):
        tally.add(record)
    assert {text: reason.count for text, reason in tally.mistakes.items()} == {
        "Too long.": 2,
        "c": 1,  # nothing is known about it but its name
    }
    entries = ranked(section(draw_tally(tally, {}), "mistakes"))
    assert [entry[:2] for entry in entries] == [(2, 3), (1, 3)]


def test_scores_are_those_of_the_class(document, records):
    scores = [record.score for record in records]
    text = text_of(section(document, "scores"))
    assert f"median {statistics.median(scores):.4g}" in text
    assert f"mean {round(statistics.fmean(scores), 2):g}" in text
    rows = re.findall(r"(\d+) to (below )?(\d+) (\d+) of 200", text)
    assert len(rows) >= 10
    for low, below, high, count in rows:
        inside = [s for s in scores if int(low) <= s < int(high) or (not below and s == int(high))]
        assert len(inside) == int(count)
    assert sum(int(row[3]) for row in rows) == 200


def test_mean_is_of_all_results_wherever_it_is_said(records):
    """One without any notebook counts 0, one that the grader failed on does not count."""
    class_ = [replace(records[0], score=30.125), replace(records[1], score=20.0)]
    class_ += [faulty("no notebook", "empty"), replace(records[2], failed=True)]
    tally = count(class_)
    assert tally.totals()["mean"] == tally.mean == round(50.125 / 3, 2)
    text = text_of(draw_tally(tally))
    assert f"Mean, by tests {tally.mean:g} of" in text
    assert f"mean {tally.mean:g}" in text_of(section(draw_tally(tally), "scores"))
    assert "Of all 3 submissions that have a result" in text
    assert sum(int(n) for n in re.findall(r"(\d) of 3 \(", section_rows(class_))) == 3


def section_rows(class_: list[Record]) -> str:
    return text_of(section(draw(class_), "scores"))


@pytest.mark.parametrize(
    ("scores", "expected"), [([1], 1), ([1, 2], 1.5), ([3, 1, 1], 1), ([4, 4, 0, 3], 3.5)]
)
def test_median_is_the_usual_one(scores, expected):
    assert page.median(Counter(scores)) == expected == statistics.median(scores)


@pytest.mark.parametrize("possible", [0.5, 1, 2, 7, 10, 18, 36, 40, 100])
def test_every_score_is_in_one_bar(possible):
    scores = Counter({possible * i / 8: i + 1 for i in range(9)})
    histogram = page._histogram(scores, possible)
    assert sum(bin.count for bin in histogram.bins) == scores.total()
    assert len(histogram.bins) <= 20
    assert histogram.end >= possible
    assert histogram.y_ticks[-1] >= histogram.fullest.count


def test_rates_of_questions_are_those_of_the_class(document, records):
    rows = re.findall(r'id="question-(\w+)">(.*?)</tr>', section(document, "questions"), re.S)
    assert [question for question, _ in rows] == list(records[0].questions)
    for question, row in rows:
        parts = [record.questions[question] for record in records]
        passed = [sum(p[kind][0] == p[kind][1] for p in parts) for kind in ("public", "hidden")]
        assert [int(n) for n in re.findall(r"(\d+) of 200 \(", text_of(row))] == passed
        earned = statistics.fmean(sum(e for e, _ in p.values()) for p in parts)
        possible = sum(p for _, p in parts[0].values())
        assert f"{round(earned, 2):g} of {possible:g} points" in text_of(row)


def test_hardest_cases_are_those_of_the_class(document, records):
    passed, messages = Counter(), defaultdict(Counter)
    for record in records:
        for case in record.cases:
            name = f"{case['question']} - {case['case']}"
            passed[name] += case["passed"]
            if not case["passed"]:
                messages[name][case["facts"]["summary"]] += 1
    entries = ranked(section(document, "cases"))
    assert [count for count, _, _ in entries] == sorted(passed.values())[:10]
    for count, _, text in entries:
        name = re.search(r"q\w+ - \d", text)[0]
        assert passed[name] == count
        most = max(messages[name].values())
        assert f"{most} of {200 - count} that fail read:" in text


def test_discrimination_is_the_correlation_with_all_other_points(records):
    tally = count(records)
    compared = 0
    for place, case in tally.cases.items():
        passes, rest = [], []
        for record in records:
            (own,) = [c for c in record.cases if CaseId.of(c) == place]
            passes.append(float(own["passed"]))
            rest.append(record.score - own["points"] * own["passed"])
        if len(set(passes)) > 1:
            assert case.discrimination == pytest.approx(statistics.correlation(passes, rest))
            compared += 1
    assert compared > 30


def test_no_discrimination_where_it_would_say_nothing(records):
    def of(class_):
        return {case.discrimination for case in count(class_).cases.values()}

    assert of(records[:30]) != {None}
    assert of(records[:9]) == {None}
    assert of([records[0]] * 30) == {None}
    passed = [{**case, **PASSED} for case in records[0].cases]
    assert of([replace(record, cases=passed) for record in records[:30]]) == {None}


def test_spread_of_a_question_counts_every_submission(document, records):
    for question in records[0].questions:
        row = re.search(rf'id="question-{question}">(.*?)</th>', document, re.S)[1]
        said = re.search(r'aria-label="([^"]*)"', row)[1]
        points = {float(p): int(n) for p, n in re.findall(r"([\d.]+) points: (\d+)", said)}
        parts = [record.questions[question] for record in records]
        assert points == Counter(round(sum(e for e, _ in p.values()), 2) for p in parts)
        assert len(re.findall("<i ", row)) == 9


@pytest.mark.parametrize(("earned", "bar"), [(0, 0), (0.1, 0), (0.2, 1), (1, 4), (1.9, 8), (2, 8)])
def test_points_go_into_the_bar_of_the_nearest_eighth(earned, bar):
    assert page.distribution({earned: 3}, 2)[bar] == 3


def timed(n: int, hours: int) -> Iterator[Record]:
    """Yield records that came within so many hours; the later half has the sign flipped."""
    for i in range(n):
        name = "sign" if i >= n / 2 else "sum"
        hour, minute = divmod(60 * hours * i // n, 60)
        time = f"2026-03-{1 + hour // 24:02}T{hour % 24:02}:{minute:02}:00+01:00"
        yield replace(failing(f"s{i}", (name,)), submitted=time)


def test_mistakes_over_time_follow_the_order_of_submission():
    class_ = list(timed(40, 96))
    random.Random(1).shuffle(class_)
    document = draw(class_)
    text = text_of(section(document, "times"))
    assert "Mar 01, 00:00 to Mar 01, 22:00" in text
    assert text.count("10 submissions") == 4
    rows = [text_of(row) for row in re.findall("<tr>(.*?)</tr>", document, re.S)]
    (flipped,) = [row for row in rows if row.startswith("The sign is flipped.")]
    assert flipped.endswith("0 % 0 0 % 0 100 % 10 100 % 10")


@pytest.mark.parametrize("class_", [timed(12, 96), timed(40, 1), [failing("s", ("sign",))] * 40])
def test_nothing_is_said_of_times_where_they_are_few_unknown_or_all_the_same(class_):
    assert "Mistakes over time" not in draw(class_)


def test_time_that_is_none_is_no_time(records):
    class_ = [replace(records[0], submitted=text) for text in ("soon", "9999-99-99", "", HOSTILE)]
    assert count(class_).hours == {}


def test_other_reasons_leave_out_what_has_a_name(document, records):
    changed = sum(
        any(c["facts"] and c["facts"]["kind"] == facts.ARGUMENT_CHANGED for c in r.cases)
        for r in records
    )
    text = section(document, "others")
    (entry,) = [entry for entry in ranked(text) if "changes its argument" in entry[2]]
    assert entry[:2] == (changed, 200)
    assert "Another message" not in text


def test_wrong_value_with_a_name_is_no_other_reason():
    """Nor is one without, where another test case of the question knows the name."""
    unnamed = failed(case=2)
    elsewhere = failed(question="q1a_ii")
    class_ = [make_record("one", [failed(("sum",)), unnamed]), make_record("two", [elsewhere])]
    (entry,) = ranked(section(draw(class_), "others"))
    assert entry[:2] == (1, 2)
    assert page.KINDS["wrong value"] in entry[2]
    assert "q1a_ii" in entry[2]


def test_every_kind_of_fault_has_words(answers):
    said = [c["facts"] for qs in answers.values() for a in qs for cs in a for c in cs]
    kinds = {facts["kind"] for facts in said if facts}
    assert kinds <= page.KINDS.keys()
    assert len(kinds) >= 10
    ours = {value for name, value in vars(facts).items() if name.isupper()}
    assert ours <= page.KINDS.keys()


def test_kind_that_is_not_known_is_shown_as_it_is():
    document = draw([failing("one", kind="out of <ink>")])
    (entry,) = ranked(section(document, "others"))
    assert entry[2].startswith("100 % 1 of 1 out of <ink>")


def test_slowest_come_first(document, records):
    slowest = sorted(records, key=lambda record: -record.seconds)[:10]
    names = re.findall(r"<bdi>(\w+)</bdi>", section(document, "slowest"))
    assert names == [record.name for record in slowest]


def test_every_submission_is_linked(document, records):
    links = set(re.findall(r'href="(feedback/[^"]+)"', section(document, "all")))
    assert links == {f"feedback/{record.name}.html" for record in records}


# ---- Faults, and classes that are out of the ordinary ----------------------------------------


def test_every_fault_is_named_with_its_submissions(records):
    class_ = [*records[:20], faulty("ada", "empty folder"), faulty("bob", "empty folder")]
    class_ += [replace(records[0], name="eve", faults=["cell 3: NameError"])]
    document = draw(class_)
    text = text_of(section(document, "faults"))
    assert "empty folder 2: ada · bob" in text.replace(" bob", " · bob")
    assert "cell 3: NameError eve" in text
    assert "With faults 3 of 23 (13 %)" in text_of(document)
    assert "Nothing to grade in 2 of 23 (9 %)" in text_of(document)


def test_missing_notebook_counts_in_no_rate(records):
    class_ = [failing("one"), faulty("two", "no notebook")]
    document = draw(class_)
    assert "0 of 1 (0 %)" in text_of(section(document, "questions"))
    assert ranked(section(document, "cases"))[0][:2] == (0, 1)


def test_grader_that_failed_makes_no_score(records):
    document = draw([replace(records[0], failed=True)])
    assert "Nothing to grade in 1 of 1 (100 %)" in text_of(document)
    assert "not graded submission_0" in text_of(section(document, "all"))


@pytest.mark.parametrize("size", ["nobody", "one", "all at fault", "all right"])
def test_page_of_an_unusual_class_is_whole(size, records, answers):
    right = [c for qs in answers.values() for a in qs for c in a[-1] if a]
    class_ = {
        "nobody": [],
        "one": records[:1],
        "all at fault": [faulty(f"s{i}", "not a zip file") for i in range(12)],
        "all right": [make_record("a", [{**c, **PASSED} for c in right])],
    }[size]
    for about in (ABOUT, {}):
        document = draw(class_, about)
        check_structure(document)
        assert f"Submissions {len(class_)}" in text_of(document)
        said = re.sub("<pre>.*?</pre>", "", document, flags=re.S)
        assert not re.search(r"\bnan\b|\binf\b|None\b(?! was| has)", text_of(said))


# ---- Safety ----------------------------------------------------------------------------------


def hostile(records: list[Record]) -> Record:
    """Return a record in which every text is hostile."""
    cases = [with_text(case, HOSTILE) for case in records[0].cases]
    return replace(
        records[0], name=HOSTILE, file=HOSTILE, who=[HOSTILE], faults=[HOSTILE], same_as=HOSTILE,
        submitted=HOSTILE, cases=cases, seconds=1e3,
    )  # fmt: skip


def with_text(case: dict, text: str) -> dict:
    """Return a test case that failed and has this text wherever one may be."""
    said = {"kind": text, "mistakes": [[text]], "about": text, "function": text, "summary": text}
    return {**case, "passed": False, "message": text, "facts": said}


def test_what_students_write_stays_text(records):
    document = draw([hostile(records)])
    check_structure(document)
    assert Tree(document).all("script") == []
    assert "alert(1)" in document
    assert "{{ 7 * 7 }}" in document
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u2028\udcff]", document)
    assert not [name for _, a in Tree(document).elements for name in a if name.startswith("on")]


def test_links_lead_into_the_folder_of_results(records):
    document = draw([replace(hostile(records), name="javascript:alert(1)")])
    links = [a["href"] for a in Tree(document).all("a") if not a["href"].startswith("#")]
    assert links
    feedback = "feedback/javascript:alert(1).html"
    assert {unquote(link) for link in links} == {feedback, "grades.csv", "cases.csv", "alike.html"}
    assert ":" not in "".join(links)


def test_long_texts_are_cut(records):
    long = "x" * 10_000
    cases = [with_text(case, f"{long}\n{long}") for case in records[0].cases]
    record = replace(records[0], name=long, who=[long], faults=[long], cases=cases)
    document = draw([record])
    text = text_of(document)
    assert "x" * 1000 not in text
    assert "more characters)" in text


def test_ordinary_names_stay_as_they_are(records):
    names = ["Zoë Nguyễn", "李小龙", "محمد", "O'Brien", "नि\u200dत्या"]
    document = draw([replace(records[0], who=names)])
    assert all(name in html.unescape(document) for name in names)


# ---- Form ------------------------------------------------------------------------------------


def check_structure(document: str) -> None:
    """Check what any page must have, so that everybody can read it and no network is needed."""
    tree = Tree(document)
    assert document.startswith("<!DOCTYPE html>")
    assert tree.all("html") == [{"lang": "en"}]
    assert [len(tree.all(tag)) for tag in ("header", "main", "h1", "title")][:3] == [1, 1, 1]
    levels = [int(tag[1]) for tag, _ in tree.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    assert all(a.get("role") == "img" and a["aria-label"] for a in tree.all("figure"))
    assert all(a.get("aria-hidden") == "true" for a in tree.all("svg"))
    assert all(a.get("scope") in ("col", "row") for a in tree.all("th"))
    ids = [a["id"] for _, a in tree.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for attributes in tree.all("a"):
        if attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids
    assert not re.search(r"https?:|@import|url\(|<script|<link|<img", document)


def test_page_has_structure_and_needs_nothing_else(document):
    check_structure(document)


def test_picture_has_its_numbers_in_words(document):
    (figure,) = Tree(document).all("figure")
    assert re.search(r"200 submissions.* median is [\d.]+, the mean [\d.]+", figure["aria-label"])


def test_page_says_what_was_graded(document):
    text = text_of(document)
    for words_ in ("Homework: gradient descent", "2026-03-02 18:40", "0.3.0", "0123456789ab…"):
        assert words_ in text


def test_tables_are_linked(document):
    for table in ("grades.csv", "cases.csv"):
        assert f'<a href="{table}">' in document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.of(12, 200), "12 of 200 (6 %)"),
        (words.of(1, 10_000), "1 of 10,000 (<1 %)"),
        (words.of(9_999, 10_000), "9,999 of 10,000 (>99 %)"),
        (words.of(0, 0), "0 of 0 (0 %)"),
        (words.points(29.50), "29.5"),
        (words.duration(0.417), "0.42 s"),
        (words.duration(75.2), "75 s"),
        (words.duration(900), "15 min"),
        (words.duration(9000), "2.5 h"),
    ],
)
def test_numbers_are_written_for_people(text, expected):
    assert text.replace(NBSP, " ") == expected


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(scheme):
    """At least 4.5 : 1 for text, 3 : 1 for bars, as WCAG 2 asks for."""
    roots = re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.S)
    colours = dict(re.findall(r"--(\w+): (#\w+)", roots[("light", "dark").index(scheme)]))
    for name in ("ink", "soft", "link"):
        for ground in ("paper", "wash"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    for name in ("blue", "red"):
        assert contrast(colours[name], colours["paper"]) >= 3, name


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG 2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# ---- Size ------------------------------------------------------------------------------------


def usual_class(records: list[Record]) -> Iterator[Record]:
    """Yield 10,000 ordinary records."""
    for i in range(10_000):
        yield replace(records[i % len(records)], name=f"submission_{i}")


def hostile_class(records: list[Record]) -> Iterator[Record]:
    """Yield 3,000 records that have nothing in common but long texts."""
    for i in range(3_000):
        text = f"{i} {HOSTILE * 30}"
        cases = [with_text(case, text) for case in records[i % 9].cases[:6]]
        name = text[:200]  # a folder's name is that long at most
        yield replace(records[0], name=name, who=[text], faults=[text] * 5, cases=cases)


@pytest.mark.parametrize("class_", [usual_class, hostile_class])
def test_large_class_takes_little_memory_and_a_small_page(class_, records):
    seen = []

    def stream() -> Iterator[Record]:
        for record in class_(records):
            seen.append(weakref.ref(record))
            yield record

    tally = count(stream())
    assert len(pickle.dumps(tally)) < LARGEST_MEMORY
    assert sum(record() is not None for record in seen) <= 2
    assert len(draw_tally(tally).encode()) < LARGEST_PAGE


def test_list_of_all_submissions_is_left_out_where_it_is_too_long(records):
    class_ = [replace(records[0], name=f"submission_{i}", who=["Ada"]) for i in range(1000)]
    document = draw(class_)
    assert section(document, "all").count("<li>") == 1000
    assert len(document.encode()) < LARGEST_PAGE
    assert "too many to list" in section(draw(class_ * 2), "all")


def test_list_of_faults_says_how_many_it_leaves_out(records):
    class_ = [faulty(f"s{i}", f"fault {i} {'x' * 200}") for i in range(1000)]
    document = section(draw(class_), "faults")
    shown, total = re.search(r"Shown are (\d+) of ([\d,]+)", text_of(document)).groups()
    assert total == "1,000"
    assert 200 < int(shown) == document.count("<li>") < 1000


# ---- Browser ---------------------------------------------------------------------------------


@pytest.fixture
def visit(browser, tmp_path):
    """Open a page from a file, without network; fail on requests and console messages."""
    complaints, contexts = [], []

    def visit(document: str, width: int, height: int = 800):
        path = tmp_path / "index.html"
        path.write_text(document, encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        contexts[-1].set_offline(True)
        opened = contexts[-1].new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        asked = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(path.as_uri())
        assert asked == [path.as_uri()]
        return opened

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("width", [320, 360, 800, 1280])
@pytest.mark.parametrize("kind", ["usual", "hostile"])
def test_nothing_scrolls_sideways(kind, width, document, records, visit):
    if kind == "hostile":
        named = [hostile(records), replace(hostile(records), name="x" * 5000, who=["y" * 5000])]
        document = draw([*records[:10], *named])
    opened = visit(document, width)
    opened.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 1280])
def test_page_of_a_student_does_not_scroll_sideways(width, records, visit, tmp_path):
    long = "x" * 3000
    cell = {"number": 4, "begins": long[:60], "error": long}
    parts = [{"name": long, "file": long, "problem": long, "cells": [cell], "more_cells": 1}]
    answer = {"question": "w", "points": 2, "text": long, "pictures": []}
    record = replace(hostile(records), name="x", who=[long], parts=parts, written=[answer])
    with FeedbackPages(tmp_path, read_homework(HOMEWORK), ABOUT) as pages:
        pages.add(record, {"w": ByHand(1, [(1, long)], long)})
    opened = visit((tmp_path / "feedback/x.html").read_text(encoding="utf-8"), width)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 1280])
def test_page_of_alike_work_does_not_scroll_sideways(width, records, visit):
    long = replace(hostile(records), name="x" * 3000, who=["y" * 3000])
    lines = [Line(f"    {'z' * 3000}", True), Line("", False)]
    pair = Pair((long.name, long.name), 50, {"f" * 300: 0.9}, {"f" * 300: (lines, lines)})
    names = {long.name: Submission.of(long)}
    file = io.StringIO()
    write_alike(file, Findings(40, names, [(long.name, long.name)], pairs=[pair]), ABOUT)
    opened = visit(file.getvalue(), width)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_most_common_mistake_is_on_the_first_screen_in_the_largest_letters(document, visit):
    for width, height in ((1280, 800), (360, 740)):
        first = visit(document, width, height).locator(".top .text").first
        box = first.bounding_box()
        assert box["y"] + box["height"] < height
        size = first.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)")
        heading = first.page.locator("h2").first
        assert size > heading.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)")
