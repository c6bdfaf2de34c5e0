"""What every lesson keeps to: one function a rule, from a notebook to a list of complaints.

A rule changes nothing: it takes a notebook as `read` gives it, and says in each complaint where to look. An
empty list means that all is well. Four tuples at the end say which rules hold for every notebook, and which for
solutions, for the rooms in `deeper/` and for lessons. A new rule needs a line there and a bad example in
test_hygiene.py.
"""

import re
import statistics
from collections.abc import Iterator
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS, DEEPER, SOLUTIONS = (sorted((NOTEBOOKS / place).glob("[0-9]*.ipynb")) for place in ("", "deeper", "solutions"))
OPENING = ["What you'll do", "What you'll be able to do", "What you need"]
CLOSING = ["Recap", "Common mistakes", "Exercises", "Further reading", "Next"]
EXEMPT = "nbval-ignore-output"

# A decimal number: 0.5, .5, 1,234.5 and 2.5e-3, but not the version 2.21.0 or the name x0.5.
DECIMAL = r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d*)\.\d+(?:e[+-]?\d+)?(?!\.?\d)"


def read(path: Path) -> dict:
    """The notebook as it is stored: neither converted nor repaired, as `nbformat.read` would do."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def complaints(notebook: dict) -> list[str]:
    """What all rules of a lesson have to say about a notebook."""
    return [f"{rule.__name__}: {complaint}" for rule in RULES_OF_LESSONS for complaint in rule(notebook)]


# What the rules look at ---------------------------------------------------------------------------


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def markdown_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]


def outputs(notebook: dict) -> Iterator[tuple[str, dict]]:
    """Each output with the id of its cell."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            yield cell["id"], output


def printed(notebook: dict) -> Iterator[tuple[str, str]]:
    """Each text that a reader finds below a cell, with the id of that cell."""
    for where, output in outputs(notebook):
        yield from ((where, output[key]) for key in ("text", "evalue") if key in output)
        for kind, content in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield where, content


def without_code(markdown: str) -> str:
    """Markdown with fenced blocks and code spans taken out."""
    return re.sub(r"```.*?```|~~~.*?~~~|`[^`\n]*`", " ", markdown, flags=re.DOTALL)


def headings(markdown: str) -> list[tuple[int, str]]:
    found = re.findall(r"^(#{1,6})\s+(.*\S)", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL), flags=re.MULTILINE)
    return [(len(marks), title.replace("’", "'")) for marks, title in found]


def sections(notebook: dict) -> list[tuple[str, str]]:
    """Heading and text of each section of level 2, in order. Code cells are left out."""
    text = _markdown(notebook)
    parts = re.split(r"^## +(.*\S)\s*$", text, flags=re.MULTILINE)
    return [(title.replace("’", "'"), body) for title, body in zip(parts[1::2], parts[2::2], strict=True)]


def _markdown(notebook: dict) -> str:
    return "\n\n".join(cell["source"] for cell in markdown_cells(notebook))


def section(notebook: dict, title: str) -> str:
    return "\n".join(body for found, body in sections(notebook) if found == title)


def prose(notebook: dict) -> Iterator[tuple[str, str]]:
    """The course's own words, by cell: code, addresses and the titles under "Further reading" taken out."""
    not_ours = r"^## Further reading$.*?(?=^## |\Z)|\]\([^)]*\)|https?://\S+|\b(?:arXiv|doi):\S+"
    for cell in markdown_cells(notebook):
        text = re.sub(not_ours, " ", cell["source"], flags=re.DOTALL | re.MULTILINE)
        yield cell["id"], without_code(text)


def lines_of(cell: dict) -> int:
    return sum(bool(line.strip()) for line in cell["source"].splitlines())


# The file -----------------------------------------------------------------------------------------


def is_nbformat_4_5(notebook: dict) -> list[str]:
    """Cells have ids from 4.5 on, and any Jupyter finds a kernel called python3, whatever its version."""
    found = []
    if (notebook["nbformat"], notebook["nbformat_minor"]) != (4, 5):
        found.append(f"the format is {notebook['nbformat']}.{notebook['nbformat_minor']}, not 4.5")
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        found.append("the kernelspec is not python3; refresh the notebook")
    if more := set(notebook["metadata"]) - {"kernelspec", "language_info", "widgets"}:
        found.append(f"the metadata hold more than the kernel: {', '.join(more)}; refresh the notebook")
    return found + [f"not a valid notebook: {error.message}" for error in nbformat.validator.iter_validate(notebook)]


def has_no_widget_state(notebook: dict) -> list[str]:
    """A widget's state and model id are random: stored, they differ after every run and show nothing to a reader."""
    found = ["the metadata hold widgets"] if "widgets" in notebook["metadata"] else []
    for where, output in outputs(notebook):
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
            found.append(f"{where}: a stored widget view")
    return found


def is_at_most_500_kilobytes(notebook: dict) -> list[str]:
    """Code hosts stop showing larger notebooks, and each refresh stores all pictures anew."""
    size = len(nbformat.v4.writes(notebook).encode()) / 1000
    return [f"{size:.0f} kB"] if size > 500 else []


def has_readable_cell_ids(notebook: dict) -> list[str]:
    """A failing check names cells, and tests and diffs point at them: by words, not by hashes."""
    ids = [cell.get("id", "") for cell in notebook["cells"]]
    found = [f"{one!r} names {ids.count(one)} cells" for one in sorted(set(ids)) if ids.count(one) > 1]
    for one in ids:
        hash_like = any(re.fullmatch(r"(?=.*\d)[0-9a-f]{6,}", part) for part in one.split("-"))
        if hash_like or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", one):
            found.append(f"{one!r} is not made of words in lower case, joined by hyphens")
    return found


# What is stored below the cells -------------------------------------------------------------------


def was_executed_from_the_top(notebook: dict) -> list[str]:
    """The check compares what is stored: a cell that never ran has nothing to compare, and passes."""
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    return [
        f"{cell['id']}: execution count {count}, expected {expected}; refresh the notebook"
        for expected, (cell, count) in enumerate(zip(code_cells(notebook), counts, strict=True), start=1)
        if count != expected
    ]


def has_no_errors_or_warnings(notebook: dict) -> list[str]:
    """What arrives on stderr differs between machines and front ends, and frightens the reader."""
    return [
        f"{where}: {output.get('ename', 'text on stderr')}"
        for where, output in outputs(notebook)
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


def compares_its_outputs(notebook: dict) -> list[str]:
    """An exempt cell proves nothing: it stands alone, is rare (3%), and the next one states what must hold."""
    found, exempt = [], 0
    for cell, following in zip_longest(code_cells(notebook), code_cells(notebook)[1:]):
        tags = _tags(cell)
        if re.search(r"NBVAL_|PYTEST_VALIDATE", cell["source"]):
            found.append(f"{cell['id']}: a comment speaks to nbval; use a tag, which a reader does not see")
        if forbidden := {tag for tag in tags if "nbval" in tag or "exception" in tag} - {EXEMPT}:
            found.append(f"{cell['id']}: the tag {', '.join(forbidden)} switches the check off")
        if EXEMPT in tags:
            exempt += 1
            if not following or EXEMPT in _tags(following) or not following["outputs"]:
                found.append(f"{cell['id']}: no compared cell follows this exempt one")
    if exempt > 0.03 * len(notebook["cells"]):
        found.append(f"{exempt} of {len(notebook['cells'])} cells are exempt from the check, at most 3% may be")
    return found


def _tags(cell: dict) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def describes_its_pictures(notebook: dict) -> list[str]:
    """The check skips pixels but compares text; and a reader who cannot see the picture has that text alone."""
    found = []
    for where, output in outputs(notebook):
        for kind in output.get("data", {}):
            if kind.startswith("image/"):
                says = output["data"].get("text/plain", "")
                if says.startswith("<") or len(re.findall(r"[^\W\d_]{2,}", says)) < 4:
                    found.append(f"{where}: no sentence goes with the picture, but {says!r}")
                if output["metadata"].get(kind, {}).get("alt") != says:
                    found.append(f"{where}: the picture's alternative text is not its sentence")
    return found


def names_no_machine(notebook: dict) -> list[str]:
    """A path or host of the machine that ran the lesson means nothing elsewhere, and fails the check there."""
    path = r"(?<![\w.:/<~)])/(?:(?:home|root|tmp|Users|opt|usr|var|mnt)\b|\w[\w.-]*/\w)|\b[A-Z]:\\{1,2}[A-Z]"
    texts = [(cell["id"], cell["source"]) for cell in notebook["cells"]] + list(printed(notebook))
    return [
        f"{where}: {match.group()!r}"
        for where, text in texts
        for match in re.finditer(path + r"|\blocalhost\b|127\.0\.0\.1", re.sub(r"https?://\S+", "", text))
    ]


def prints_no_addresses(notebook: dict) -> list[str]:
    """`<object at 0x7f...>` changes with every run."""
    found = [(where, re.search(r"0x[0-9a-fA-F]{5,}", text)) for where, text in printed(notebook)]
    return [f"{where}: {match.group()}" for where, match in found if match]


def prints_at_most_four_digits(notebook: dict) -> list[str]:
    """Later digits differ between processors, and nobody reads them. Whole numbers are counts: any length is honest."""
    found = []
    for where, text in printed(notebook):
        for number in re.findall(DECIMAL, text):
            digits = re.sub(r"e.*|\D", "", number).lstrip("0")
            if len(digits) > 4:
                found.append(f"{where}: {number} has {len(digits)} significant digits")
    return found


def prints_no_negative_zero(notebook: dict) -> list[str]:
    """-0.000 is a rounded rest whose sign is chance: on another processor it prints 0.000."""
    return [
        f"{where}: -{number}"
        for where, text in printed(notebook)
        for number in re.findall(r"(?<![\w.])[-−](\d*\.?\d+(?:e[+-]?\d+)?)", text)
        if float(number) == 0
    ]


# The text -----------------------------------------------------------------------------------------


def has_one_title_and_no_skipped_level(notebook: dict) -> list[str]:
    """The table of contents and screen readers follow the headings."""
    found = headings(_markdown(notebook))
    titles = [title for level, title in found if level == 1]
    wrong = [] if len(titles) == 1 else [f"{len(titles)} titles of level 1, one is expected"]
    for (above, _), (level, title) in zip([(0, ""), *found], found, strict=False):
        if level > above + 1:
            wrong.append(f"{title!r}: level {level} follows level {above}")
    return wrong


def opens_with_its_result(notebook: dict) -> list[str]:
    """In ten seconds a reader knows whether this lesson is the one: the title, then the result in bold."""
    first = notebook["cells"][0]
    if first["cell_type"] == "markdown" and re.match(r"# .+\n\n\*\*[^*\n]{30,}[.!]\*\*(\n|\Z)", first["source"]):
        return []
    return ["the first cell is not a title followed by one bold sentence that states the result"]


def has_the_sections_in_order(notebook: dict) -> list[str]:
    """Who has read one lesson finds the way in all."""
    titles = [title for title, _ in sections(notebook)]
    found = [
        f"{title!r} is there {titles.count(title)} times" for title in OPENING + CLOSING if titles.count(title) != 1
    ]
    if titles[:3] != OPENING:
        found.append(f"the lesson opens with {titles[:3]}, not with {OPENING}")
    if titles[-5:] != CLOSING:
        found.append(f"the lesson closes with {titles[-5:]}, not with {CLOSING}")
    return found


def says_how_long_it_takes(notebook: dict) -> list[str]:
    """A teacher plans with it, and a learner knows when to ask for help."""
    need = section(notebook, "What you need")
    times = [int(minutes) for minutes in re.findall(r"(\d+)\s+min", need)]
    if len(times) < 2 or "xercise" not in need:
        return ["'What you need' lacks minutes to read and for exercises"]
    exercises = section(notebook, "Exercises")
    each = [int(minutes) for minutes in re.findall(r"(\d+)\s+min", exercises)]
    if len(each) == len(re.findall(r"^### ", exercises, flags=re.MULTILINE)) and sum(each) != times[-1]:
        return [f"{times[-1]} minutes for exercises that take {sum(each)}"]
    return []


def has_folded_hints(notebook: dict) -> list[str]:
    """3 to 6 exercises, each with minutes and a hint, folded so that the eye does not fall on it."""
    exercises = re.split(r"^### +(.*)$", section(notebook, "Exercises"), flags=re.MULTILINE)
    titles, bodies = exercises[1::2], exercises[2::2]
    found = [] if 3 <= len(titles) <= 6 else [f"{len(titles)} exercises with a heading of level 3, expected 3 to 6"]
    for title, body in zip(titles, bodies, strict=True):
        if "<details>" not in body:
            found.append(f"{title!r}: no folded hint")
        if not re.search(r"\d+\s+min", title + body):
            found.append(f"{title!r}: no minutes")
    for cell in markdown_cells(notebook):
        if cell["source"].count("<details>") != cell["source"].count("</details>"):
            found.append(f"{cell['id']}: a <details> is not closed in its cell")
        if re.search(r"</summary>(?!\s*?\n\s*?\n)", cell["source"]):
            found.append(f"{cell['id']}: without a blank line after </summary>, what follows is not read as markdown")
    return found


def has_exercises_that_answer_back(notebook: dict) -> list[str]:
    """Each exercise has a check cell of its own, `check.NAME(NAME)`, that has answered the starter."""
    exercises = re.findall(r"^### ", section(notebook, "Exercises"), flags=re.MULTILINE)
    checks = [cell for cell in code_cells(notebook) if re.fullmatch(r"check\.(\w+)\(\1\)", cell["source"].strip())]
    found = [] if len(checks) == len(exercises) else [f"{len(checks)} check cells for {len(exercises)} exercises"]
    return found + [
        f"{cell['id']}: no answer to the starter is stored; refresh the notebook"
        for cell in checks
        if "Not attempted" not in str(cell["outputs"])
    ]


def has_a_live_figure(notebook: dict) -> list[str]:
    """What a slider teaches in a second, no page of numbers does."""
    return [] if any("mtl.live(" in cell["source"] for cell in code_cells(notebook)) else ["no cell calls mtl.live"]


def avoids_words_that_belittle(notebook: dict) -> list[str]:
    """What is simple to the writer is not yet so to the reader, who came to learn it."""
    banned = r"\b(?:simply|just|obviously|clearly|of course|easy|easily)\b"
    return [
        f"{where}: {match.group()!r}"
        for where, text in prose(notebook)
        for match in re.finditer(banned, text, flags=re.IGNORECASE)
    ]


# British spelling, in small letters or with a first capital: names such as BatchNormalization stay as they are.
AMERICAN = (
    r"\b(?:(?:[a-z]{4}|[A-Z][a-z]{3})[a-z]*[iy]z(?:e[drs]?|ing|ations?)"
    r"|[A-Za-z]*(?:behavi|neighb|col|fav|flav|lab)or(?!at|ious)[a-z]*"
    r"|[A-Za-z]+(?:bel|cel|del|vel)(?:ed|ing)|[Cc]enter(?:ed|s)?|[Gg]ray|[Dd]efense|[Aa]nalog|[Cc]atalog)\b"
)


def american(text: str) -> list[str]:
    """American spellings in our own words: titles and quotations stand in italics or between quotation marks."""
    return re.findall(AMERICAN, re.sub(r"\*[^*\n]+\*|[\"“][^\"”\n]*[\"”]", " ", text.replace("**", " ")))


def keeps_british_spelling(notebook: dict) -> list[str]:
    """One standard: a reader who finds two looks for a difference in meaning."""
    return [f"{where}: {word!r}" for where, text in prose(notebook) for word in american(text)]


def states_only_printed_numbers(notebook: dict) -> list[str]:
    """A number in the text that no cell prints or sets is a claim that nothing checks, and it goes stale unseen."""
    shown = [text for _, text in printed(notebook)] + [cell["source"] for cell in code_cells(notebook)]
    known = {_value(number) for text in shown for number in re.findall(DECIMAL + r"|(?<![\w.])\d+", text)}
    # Not measurements: "section 2.1", "Python 3.11 to 3.13".
    named = r"(?:§|\b(?:section|chapter|figure|table|equation|python|tensorflow|keras|numpy|version)s?)"
    found = []
    for where, text in prose(notebook):
        text = re.sub(named + r"(?:\s*(?:to|and|or|,|-|–)?\s*\d+(?:\.\d+)+)+", "", text, flags=re.IGNORECASE)
        found += [f"{where}: {number}" for number in re.findall(DECIMAL, text) if _value(number) not in known]
    return found


def _value(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))


def links_to_what_exists(notebook: dict) -> list[str]:
    """A link to a file that is not there yet, or outside the folder that JupyterLab opens, breaks at the click."""
    return _dead_links(notebook, NOTEBOOKS)


def room_links_to_what_exists(notebook: dict) -> list[str]:
    """As for a lesson, seen from `deeper/`; and a room leads back to the lesson that its reader came from."""
    found = [] if re.search(r"\]\(\.\./\d\d_\w+\.ipynb", _markdown(notebook)) else ["no link leads back to a lesson"]
    return found + _dead_links(notebook, NOTEBOOKS / "deeper")


def _dead_links(notebook: dict, folder: Path) -> list[str]:
    found = []
    for cell in markdown_cells(notebook):
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(cell["source"])):
            if not re.match(r"https?://|#", target):
                path = (folder / target.split("#")[0]).resolve()
                if not path.is_file() or NOTEBOOKS.resolve() not in path.parents:
                    found.append(f"{cell['id']}: there is no {target} in {folder.name}/")
    return found


def needs_no_room(notebook: dict) -> list[str]:
    """Rooms lie off the path: who reads the lessons alone has all that they need."""
    return [
        f"'What you need' asks for {room}" for room in re.findall(r"deeper/\w*", section(notebook, "What you need"))
    ]


# The length of the walk ---------------------------------------------------------------------------


def before_exercises(notebook: dict) -> dict:
    """The notebook up to the heading of its exercises."""
    found = []
    for cell in notebook["cells"]:
        before, *after = re.split(r"^## Exercises", cell["source"], maxsplit=1, flags=re.MULTILINE)
        found.append({**cell, "source": before})
        if after:
            break
    return {"cells": found}


def words(notebook: dict) -> int:
    """Words to read: formulas, code and addresses are looked at, not read."""
    text = re.sub(r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)", " ", _markdown(notebook))
    return len(re.findall(r"[^\W_](?:[\w'’]*[^\W_])?", text))


def code_lines(notebook: dict) -> int:
    return sum(lines_of(cell) for cell in code_cells(notebook))


def minutes(notebook: dict) -> int:
    """To read a lesson up to its exercises: 150 words, 10 lines of code, or one thing to look at a minute.

    To look at are pictures, tables, predictions and formulas on lines of their own. A printed output of three lines or
    more is a table, too.
    """
    part = before_exercises(notebook)
    text = _markdown(part)
    looked_at = len(re.findall(r"\*\*Predict first", text)) + text.count("$$") // 2
    looked_at += len(re.findall(r"^\|[-: |]+\|$", text, flags=re.MULTILINE))
    for _, output in outputs(part):
        looked_at += "image/png" in output.get("data", {}) or output.get("text", "").strip().count("\n") >= 2
    return round(words(part) / 150 + code_lines(part) / 10 + looked_at)


def is_a_short_walk(notebook: dict) -> list[str]:
    """One idea, at most three results. What only some readers need has a room in `deeper/`."""
    part = before_exercises(notebook)
    sizes = [("words", words(part), 2500), ("lines of code", code_lines(part), 170), ("minutes", minutes(part), 60)]
    return [f"{size} {what} before the exercises, at most {most}" for what, size, most in sizes if size > most]


def states_its_computed_minutes(notebook: dict) -> list[str]:
    """Newcomers needed twice the minutes that were guessed."""
    stated = re.findall(r"Reading: (\d+) minutes", section(notebook, "What you need"))
    computed = str(minutes(notebook))
    return [] if stated == [computed] else [f"'Reading: {computed} minutes' is computed, stated are {stated or 'none'}"]


def keeps_predictions_open(notebook: dict) -> list[str]:
    """Who is asked to predict must not read the answer below: the next output is folded until its cell is run.

    JupyterLab shows the first line of what is folded (of a picture, of its sentence): a heading, without a number.
    """
    found, asked = [], None
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            asked = cell["id"] if "**Predict first" in cell["source"] else asked
        elif asked and cell["outputs"]:
            if not cell["metadata"].get("jupyter", {}).get("outputs_hidden"):
                found.append(f"{cell['id']}: its output answers {asked} and is not folded")
            first = cell["outputs"][0]
            text = first.get("text") or first.get("data", {}).get("text/plain", "")
            if re.search(r"\d", text.split("\n")[0]):
                found.append(f"{cell['id']}: the first line of its output shows a number although it is folded")
            asked = None
    return found


# The rhythm of text and code ----------------------------------------------------------------------


def keeps_code_cells_short(notebook: dict) -> list[str]:
    """One idea a cell: median at most 5 lines, one in ten over 15, none over 25. The set-up is apart."""
    cells = [cell for cell in code_cells(notebook) if cell["id"] != "set-up"]
    lengths = [lines_of(cell) for cell in cells]
    found = [f"{cell['id']}: {lines_of(cell)} lines" for cell in cells if lines_of(cell) > 25]
    if lengths and statistics.median(lengths) > 5:
        found.append(f"the median code cell has {statistics.median(lengths):g} lines")
    if (long := sum(length > 15 for length in lengths)) > 0.1 * len(lengths):
        found.append(f"{long} of {len(lengths)} code cells have more than 15 lines, at most one in ten may")
    return found


def introduces_its_code(notebook: dict) -> list[str]:
    """Code without a reason is noise: a sentence comes before, and after three cells it is time for the next."""
    found, run, before = [], 0, None
    for cell in notebook["cells"]:
        run = run + 1 if cell["cell_type"] == "code" else 0
        if run == 1:
            last_line = before["source"].strip().splitlines()[-1:] if before else []
            if not last_line or last_line[0].startswith("#"):
                found.append(f"{cell['id']}: no sentence introduces it")
        if run == 4:
            found.append(f"{cell['id']}: the fourth code cell in a row")
        before = cell
    return found


def keeps_code_lines_short(notebook: dict) -> list[str]:
    """JupyterLab shows about 100 characters of a line."""
    return [
        f"{cell['id']}: a line of {len(line)} characters"
        for cell in code_cells(notebook)
        for line in cell["source"].splitlines()
        if len(line) > 100
    ]


def prints_lines_that_fit(notebook: dict) -> list[str]:
    """At 200%, 1,400 pixels show 73 characters of a printed line; a wider table is folded and cannot be read."""
    return [
        f"{where}: a printed line of {len(line)} characters"
        for where, output in outputs(notebook)
        for line in output.get("text", "").splitlines()
        if len(line) > 73
    ]


def balances_text_and_code(notebook: dict) -> list[str]:
    """Markdown is 45 to 60% of the cells: less is a script, more is a book with listings."""
    share = len(markdown_cells(notebook)) / len(notebook["cells"])
    return [] if 0.45 <= share <= 0.6 else [f"{share:.1%} of the cells are markdown"]


# Solutions ----------------------------------------------------------------------------------------


def asks_what_its_analyses_answer(notebook: dict) -> list[str]:
    """An assignment is handed out without its answers and without the lesson, which asks for them."""
    return [
        f"{cell['id']}: no question before the solution"
        for cell in markdown_cells(notebook)
        if cell["source"].startswith("### Analysis") and "?" not in cell["source"].split("<!-- BEGIN SOLUTION -->")[0]
    ]


# For every notebook, solutions too: the file, and what is stored in it.
RULES_OF_STORAGE = (
    is_nbformat_4_5,
    has_no_widget_state,
    is_at_most_500_kilobytes,
    has_readable_cell_ids,
    was_executed_from_the_top,
    has_no_errors_or_warnings,
    compares_its_outputs,
    describes_its_pictures,
    names_no_machine,
    prints_no_addresses,
    prints_at_most_four_digits,
    prints_no_negative_zero,
)
RULES_OF_SOLUTIONS = (*RULES_OF_STORAGE, keeps_code_lines_short, asks_what_its_analyses_answer)
RULES_OF_ROOMS = (
    *RULES_OF_STORAGE,
    has_one_title_and_no_skipped_level,
    opens_with_its_result,
    avoids_words_that_belittle,
    keeps_british_spelling,
    states_only_printed_numbers,
    room_links_to_what_exists,
    keeps_code_cells_short,
    keeps_code_lines_short,
    prints_lines_that_fit,
    introduces_its_code,
    balances_text_and_code,
)
RULES_OF_LESSONS = (
    *RULES_OF_STORAGE,
    has_one_title_and_no_skipped_level,
    opens_with_its_result,
    has_the_sections_in_order,
    says_how_long_it_takes,
    has_folded_hints,
    has_exercises_that_answer_back,
    has_a_live_figure,
    avoids_words_that_belittle,
    keeps_british_spelling,
    states_only_printed_numbers,
    links_to_what_exists,
    keeps_code_cells_short,
    introduces_its_code,
    balances_text_and_code,
    is_a_short_walk,
    states_its_computed_minutes,
    keeps_predictions_open,
    keeps_code_lines_short,
    prints_lines_that_fit,
    needs_no_room,
)
