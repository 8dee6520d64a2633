"""What a person who grades reads of written answers: all of the student's words, and no others."""

from __future__ import annotations

import json
import random
import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest

from autograder.grader.files import File, Files
from autograder.grader.upload import Notebook, make_upload
from autograder.grader.written import Found, Picture, find_answer

ANSWER = "Points far out have more say, for each vote is error times $x_i$."
QUESTION = """\
<!-- BEGIN QUESTION -->

## q1_b: does *every* point get the same vote?

**2 points · about 15 minutes**

*The setting.* Think of `abs(x_i)` & of each summand as a **vote** on $\\theta$; say
yes or no. Then:

- say why,
- give numbers (1.5 or so).

1. x
2. y

| a | b |
|---|---|
| 1 | 2 |"""
PROMPT = "_Type your answer here, replacing this text._"
AFTER = "<!-- END QUESTION -->\n\n---\n## Before you submit\n\nRead all of it once more."
PEOPLE = '_People, sources and tools (or "none"):_'
PICTURE = "iVBORw0KGgo" + "A" * 79_989  # 60 kB


def text(source: str, **more: object) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def code(source: str) -> dict:
    return {"cell_type": "code", "metadata": {}, "source": source}


BEFORE = [text("# Homework\n\nTo\nq1_b: later more."), code("# q1_b: see below\nx = 1")]
HANDED_OUT = [*BEFORE, text(QUESTION), text(PROMPT), text(AFTER), text(PEOPLE)]


def read(cells: list[dict], **files: bytes) -> tuple[Notebook, dict[str, bytes]]:
    data = {"part/hw.ipynb": json.dumps({"cells": cells}).encode()}
    data |= {f"part/{name.replace('_', '.')}": content for name, content in files.items()}
    upload = make_upload(Files(tuple(File(name, name, item) for name, item in data.items())))
    return upload.notebooks[0], upload.files


def found(cells: list[dict], **files: bytes) -> Found:
    notebook, beside = read(cells, **files)
    return find_answer("q1_b", read(HANDED_OUT)[0], notebook, beside)


def answered(*place: dict) -> str:
    """Return what is found where these cells are in place of question and prompt."""
    return found([*BEFORE, *place, text(AFTER), text(PEOPLE)]).text


# What programs make of Markdown that nobody has changed.
REWRITTEN: dict[str, Callable[[str], str]] = {
    "as it was": lambda source: source,
    "Windows": lambda source: source.replace("\n", "\r\n"),
    "old Mac": lambda source: source.replace("\n", "\r"),
    "emphasis": lambda source: re.sub(r"(?<!\*)\*(\w[^*\n]*)\*(?!\*)", r"_\1_", source),
    "other emphasis": lambda source: re.sub(r"\b_(\w[^_\n]*)_", r"*\1*", source),
    "strong": lambda source: source.replace("**", "__"),
    "wrapped": lambda source: re.sub(r"([a-z]) (\w)", r"\1\n\2", source),
    "joined": lambda source: re.sub(r"(?<=[a-z;])\n(?=[a-z])", " ", source),
    "list marks": lambda source: re.sub(r"^- ", "*   ", source, flags=re.M),
    "numbers": lambda source: re.sub(r"^\d\. ", "1) ", source, flags=re.M),
    "escaped": lambda source: re.sub(r"([_()*.])", r"\\\1", source),
    "entities": lambda source: source.replace("&", "&amp;").replace(" x", "&nbsp;x"),
    "quotes and dashes": lambda source: source.replace('"', "”").replace("---", "—"),
    "breaks": lambda source: source.replace("\n\n", "<br>\n\n").replace("here,", "here,<br/>"),
    "spaces": lambda source: source.replace("\n", "  \n\n") + "\n\n\n",
    "tabs": lambda source: re.sub(r"(?<![-A-Z]) (?!-)", "\u00a0", source),
    "underlined heading": lambda s: re.sub(r"^## (.*)$", r"\1\n----", s, count=1, flags=re.M),
    "table": lambda source: source.replace("| 1 | 2 |", "|   1  |   2  |").replace(
        "---", ":-----:"
    ),
    "HTML": lambda source: re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", source),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_an_untouched_prompt_is_no_answer_however_it_is_written(name):
    rewrite = REWRITTEN[name]
    place = [cell | {"source": rewrite(cell["source"])} for cell in HANDED_OUT[2:5]]
    cells = [*BEFORE, *place, text(PEOPLE)]
    assert found(cells) == Found()
    cells.insert(4, text(ANSWER))
    assert found(cells).text == ANSWER


@pytest.mark.parametrize("heading", ["## q2: why?", "## q2: in words", "# q2: a", "## q2:"])
def test_a_short_heading_alone_is_no_answer(heading):
    def answer(*place: dict) -> str:
        given = [
            *BEFORE,
            text(f"<!-- BEGIN QUESTION -->\n\n{heading}\n\n**1 point**\n\nWhy?"),
            text(PROMPT),
        ]
        here = [*BEFORE, *(place or given[-2:]), text(AFTER)]
        notebook, beside = read(here)
        return find_answer("q2", read([*given, text(AFTER)])[0], notebook, beside).text

    assert answer() == ""
    question = text(f"{heading}\n\n**1 point**\n\nWhy?")
    assert answer(question, text("Because.")) == "Because."
    assert answer(question, text(f"{heading[3:]} no")).endswith("no")


def test_pieces_of_question_and_prompt_are_no_answer():
    for source in (QUESTION, PROMPT):
        for cut in range(1, len(source)):
            pieces = text(source[:cut]), text(source[cut:])
            place = (*pieces, text(PROMPT)) if source == QUESTION else (text(QUESTION), *pieces)
            after_number = re.search(r"^\d\.? ?\Z", source[:cut], re.M)
            if source == PROMPT or ("q1_b:" in pieces[0]["source"] and not after_number):
                assert answered(*place) == "", cut


def test_merged_cells_are_no_answer():
    merged = "\n\n".join([QUESTION, PROMPT, AFTER])
    assert found([*BEFORE, text(merged), text(PEOPLE)]) == Found()
    everything = "\n\n".join(cell["source"] for cell in HANDED_OUT)
    assert found([text(everything)]) == Found()
    assert found([text(everything.replace(PROMPT, ANSWER))]).text == ANSWER


def test_copies_are_no_answer():
    place = [text(QUESTION), text(PROMPT)]
    assert answered(*place, *place) == ""
    assert found(HANDED_OUT * 2) == Found()
    assert found([*HANDED_OUT, *BEFORE, place[0], text(ANSWER), text(AFTER)]).text == ANSWER


ANSWERS = [
    ANSWER, "yes", "No.", "x", "42", "≠", "👍", "ja, $x_i$", "不一样", "> No", "- a\n- b\n\n1. c",
    "same vote", "Does every point get the same vote? No", "```\na = 1\n\nb = 2\n```",
    "x\n\n\ny", "<b>x</b> < y & z > 1", "&ne;", "&#8800;", "&#" + "9" * 5000 + ";",
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_an_answer_counts_wherever_it_is(answer):
    question, prompt, own = text(QUESTION), text(PROMPT), text(answer)
    assert answered(question, own) == answer
    assert answered(question, own, prompt) == answer
    assert answered(question, prompt, own) == answer
    assert answered(question, prompt, {**own, "cell_type": "raw"}) == answer
    assert answered(question, prompt, code(answer)) == answer
    assert answered(question, text(f"{PROMPT}\n\n{answer}")) == answer
    assert answered(question, text(f"{answer}\n\n{PROMPT}")) == answer
    assert answered(text(f"{QUESTION}\n\n{answer}"), prompt) == answer
    assert answered(text(QUESTION.replace("- say why", f"{answer}\n\n- say why")), prompt) == answer
    assert found([*BEFORE, question, text(f"{answer}\n\n{AFTER}")]).text == answer
    assert found([*BEFORE, own, prompt, text(AFTER)]).text == answer  # without the question
    assert found([*BEFORE, question, own, text(PEOPLE)]).text == answer  # without its end
    assert found([*BEFORE, own, text(PEOPLE)]).text == answer  # without both
    assert found([question, own]).text == answer


def test_an_answer_in_the_line_of_the_prompt_counts():
    for line in (
        f"{PROMPT} {ANSWER}",
        f"{ANSWER} {PROMPT}",
        PROMPT.replace("here", f"here {ANSWER}"),
    ):
        assert ANSWER in answered(text(QUESTION), text(line))


def test_answers_in_several_places_keep_their_order():
    place = (
        text("one"),
        text(QUESTION + "\n\ntwo"),
        text(f"three\n\n{PROMPT}\n\nfour"),
        code("five"),
    )
    assert answered(*place) == "two\n\nthree\n\nfour\n\nfive"


def test_what_is_below_the_end_is_no_answer():
    assert found([*HANDED_OUT, text(ANSWER)]) == Found()
    without_end = [cell for cell in HANDED_OUT if cell["source"] != AFTER]
    assert found([*without_end, text(ANSWER)]) == Found()


def test_a_notebook_without_anything_has_no_answer():
    assert found([]) == Found()
    assert found([code("x = 1"), {"cell_type": None}]) == Found()


# Pictures

URL = f"data:image/png;base64,{PICTURE}"
ATTACHED = {"attachments": {"my plot (1).png": {"image/png": PICTURE}}}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"![plot]({URL})", "[picture, 60 kB]"),
        (f"![plot](<{URL}>)", "[picture, 60 kB]"),
        (f'<img src="{URL}" width=3/>', "[picture, 60 kB]"),
        (f"<IMG alt='>'\n  SRC='{URL}'>", None),
        (f"<img src={URL}>", "[picture, 60 kB]"),
        (f"![plot][1]\n\n[1]: <{URL}>", "![plot][1]\n\n[1]: <[picture, 60 kB]>"),
        (URL, "[picture, 60 kB]"),
        (PICTURE, "[picture, 60 kB]"),
        ("\n".join(re.findall(".{1,80}", PICTURE)), "[picture, 61 kB]"),
        ("![](attachment:my%20plot%20(1).png)", "[picture my plot (1).png, 60 kB]"),
        ("![a](<attachment:my plot (1).png>)", "[picture my plot (1).png, 60 kB]"),
        ('<img src="attachment:my%20plot%20(1).png">', "[picture my plot (1).png, 60 kB]"),
        ("![](photo.jpg)", "[picture photo.jpg, 2 kB]"),
        ('![](./photo.jpg "title")', "[picture ./photo.jpg, 2 kB]"),
        ("<img width='5' src='photo.jpg'>", "[picture photo.jpg, 2 kB]"),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_picture_leaves_its_size_and_all_words(source, words):
    cell = text(f"One.\n\n{source}\n\nTwo.", **ATTACHED)
    answer = found([*BEFORE, text(QUESTION), cell, text(AFTER)], photo_jpg=b"x" * 2000)
    assert answer.text.startswith("One.\n\n")
    assert answer.text.endswith("\n\nTwo.")
    assert len(answer.text) < 100
    assert words is None or answer.text == f"One.\n\n{words}\n\nTwo."
    name = "part/photo.jpg" if "photo" in source else "part/hw.ipynb"
    assert answer.pictures_in == (name,)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("![](photo.jpg)", "[picture photo.jpg, which did not come with the upload]"),
        ("![](attachment:a.png)", "[picture a.png, which did not come with the upload]"),
        ("![](../../etc/passwd)", "[picture ../../etc/passwd, which did not come with the upload]"),
        ("![](/etc/passwd)", "[picture /etc/passwd, which did not come with the upload]"),
        ("![a](https://x.org/a.png)", "![a](https://x.org/a.png)"),
        ("see data:image/png for that", "see data:image/png for that"),
        ("![a] (b) ![c]()", "![a] (b) ![c]()"),
        ("word" * 200, "word" * 200),
    ],
)
def test_what_shows_no_picture_of_the_upload(source, words):
    assert found([*BEFORE, text(QUESTION), text(source), text(AFTER)]) == Found(words)


def test_a_picture_in_the_question_is_no_answer():
    handed_out = [text(f"{QUESTION}\n\n![plot]({URL}) ![](attachment:a)"), *HANDED_OUT[3:]]
    handed_out[0]["attachments"] = {"a": {"image/png": "A" * 4000}}
    notebook, files = read(handed_out)
    assert find_answer("q1_b", notebook, notebook, files) == Found()


# Chance


def test_random_cells_raise_nothing_and_lose_no_answer():
    chance = random.Random(7)
    parts = [QUESTION, PROMPT, AFTER, "![](", "<img src=", "data:image/png;base64,", "\\", "&#x;"]
    parts += ["attachment:a", "\r\n", "(", ")", ">", "'", "q1_b:", "\0", "\ud800", "A" * 2000]
    for _ in range(300):
        noise = ["".join(chance.choices(parts, k=chance.randrange(5))) for _ in range(4)]
        cells = [text(source) for source in noise]
        found(cells)
        where = chance.randrange(len(cells) + 1)
        clean = [text(source.replace(AFTER, "").replace("data:", "")) for source in noise]
        clean.insert(where, text("unique words"))
        assert "unique words" in found([text(QUESTION), *clean, text(AFTER)]).text


# -- pictures for the page on which people grade ------------------------------------------------


def png(width: int, height: int, rest: bytes = b"") -> bytes:
    """Return the beginning of a PNG of this size."""
    header = struct.pack(">I4sII", 13, b"IHDR", width, height)
    return b"\x89PNG\r\n\x1a\n" + header + b"\x08\x02\0\0\0" + rest


def jpeg(width: int, height: int) -> bytes:
    """Return the beginning of a JPEG of this size, with a comment before the size."""
    comment = b"\xff\xfe" + struct.pack(">H", 7) + b"hello"
    return (
        b"\xff\xd8" + comment + b"\xff\xc0" + struct.pack(">HBHH", 11, 8, height, width) + b"\x01"
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(600, 400), "png"), (jpeg(600, 400), "jpeg"), (png(5000, 5000), "png")],
)
def test_a_picture_can_be_shown(data, kind):
    shown = Picture("[picture, 1 kB]", "hw.ipynb", data).to_show(1000)
    head, _, text = shown.partition(",")
    assert head == f"data:image/{kind};base64"
    assert b64decode(text) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"\0" * 50,
        png(60_000, 60_000),  # some kB of file, gigabytes of pixels
        jpeg(60_000, 60_000),
        png(0, 5),
        png(600, 400)[:12],
        png(600, 400, b"x" * 2000),
        jpeg(600, 400)[:12],
        b"\xff\xd8\xff" + b"\0" * 50,
        b"\xff\xd8" + b"\xff\xfe\0\0" * 50,
    ],
)
def test_what_is_too_large_or_no_picture_is_not_shown(data):
    assert Picture("[picture, 1 kB]", "hw.ipynb", data).to_show(1000) == ""


@pytest.mark.parametrize(
    "source",
    [
        "![](data:image/png;base64,{})",
        "![](attachment:a.png)",
        "![](photo.jpg)",
        "{}",
    ],
)
def test_the_bytes_of_a_picture_are_found_wherever_it_is(source):
    data = png(60, 40, b"x" * 60)
    base64 = b64encode(data).decode()
    cell = text(source.format(base64), attachments={"a.png": {"image/png": base64}})
    answer = found([*BEFORE, text(QUESTION), cell, text(AFTER)], photo_jpg=data)
    assert [picture.data for picture in answer.pictures] == [data]


def test_two_pictures_of_one_size_are_two():
    one, two = (png(60, 40, letter * 60) for letter in (b"x", b"y"))
    cells = [text(f"![](data:image/png;base64,{b64encode(data).decode()})") for data in (one, two)]
    answer = found([*BEFORE, text(QUESTION), *cells, text(AFTER)])
    assert [picture.data for picture in answer.pictures] == [one, two]
    assert answer.pictures_in == ("part/hw.ipynb",)


def test_words_that_look_like_a_place_of_a_picture_stay():
    assert answered(text(QUESTION), text("data:image,0 and data:image,99")) == (
        "data:image,0 and data:image,99"
    )
