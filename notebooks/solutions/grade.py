"""Grade all that a class has handed in for one assignment, and say of each learner what came out.

notebooks/teaching.md, "Grade a class", shows how to call it. nbgrader does the work. Its own `autograde` is not enough
for a class: one split cell ends the whole run, a deleted test costs its points without a word, and no warning names
the learner.
"""

import argparse
import contextlib
import os
import re
import sys
import warnings
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.preprocessors import DeduplicateIds, NbGraderPreprocessor
from sqlalchemy.exc import SAWarning
from traitlets.config import Config


class MendCells(NbGraderPreprocessor):
    """Let a notebook with split or deleted cells be graded. Runs once nbgrader has unmarked all but the last half."""

    def preprocess(self, notebook, resources):
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader") == {}:  # what unmarking leaves; later steps would refuse it
                del cell.metadata["nbgrader"]
        there = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
        parts = resources["nbgrader"]
        cells = nbformat.read(Path("release", parts["assignment"], f"{parts['notebook']}.ipynb"), 4).cells
        marked = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in cells if "nbgrader" in cell.metadata}
        lost = [name for name in marked if name not in there]
        if len(lost) == len(marked):
            self.log.warning("It looks like the lesson, not the assignment that was handed out: it has no marked cell.")
        else:
            for name in lost:
                self.log.warning("Cell '%s' was deleted, and is put back as it was handed out.", name)
        notebook.cells += [marked[name] for name in lost]
        return notebook, resources


def settings(seconds: int) -> Config:
    """What nbgrader is to do otherwise than by itself."""
    steps = Autograde().sanitize_preprocessors
    steps.insert(steps.index(DeduplicateIds) + 1, MendCells)
    config = Config()
    config.CourseDirectory.root = os.getcwd()
    config.Autograde.sanitize_preprocessors = steps
    config.Execute.timeout = seconds
    # The second is the default, which the first replaces. A warning from each kernel would hide the report.
    config.Execute.extra_arguments = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]
    return config


def words(log: str) -> list[str]:
    """nbgrader's warnings and errors, each once, and the last line of a trace-back in place of the trace-back."""
    found = re.findall(r"^(?:\[(?:WARNING|ERROR)\]|   ) (?!Traceback)(\S.*)", log, flags=re.MULTILINE)
    # Each test differs by its hidden half from what was handed out; the rest says only that there is something to say.
    noise = r"Attribute 'checksum'|There was an error processing|Please see the|(Removing|Updating) existing"
    noise += r"|Removing failed|(nbgrader\.converters\.base\.NbGraderException: )?No notebooks found"
    return [line for line in dict.fromkeys(found) if not re.match(noise, line)]


def main() -> str | None:
    """Grade; what is wrong with the class as a whole, if anything."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("assignment")
    options.add_argument("--seconds", type=int, default=120, help="a cell that runs longer is stopped and has failed")
    given = options.parse_args()
    students = sorted(path.name for path in Path("submitted").glob("[!.]*") if path.is_dir())
    if not students:
        return f"There must be a folder for each learner in {Path('submitted').absolute()}, but there is none."
    if commas := [student for student in students if "," in student]:
        return f"Folders of learners must have no comma in their name, else grades.csv goes wrong: {'; '.join(commas)}."

    os.environ.pop("PYTHONOPTIMIZE", None)  # the kernels would inherit it, and skip the tests' `assert`
    warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own database calls
    nbgrader = NbGraderAPI(config=settings(given.seconds))
    ungraded = []
    for student in students:
        result = nbgrader.autograde(given.assignment, student)
        with nbgrader.gradebook as book:
            if result["success"]:
                submission = book.find_submission(given.assignment, student)
                print(f"{student}: {submission.score:g} of {submission.max_score:g}")
            else:
                ungraded.append(student)
                print(f"{student}: NOT GRADED")
                book.update_or_create_student(student)  # else grades.csv has no line for who handed in nothing
                with contextlib.suppress(MissingEntry):  # else points of an earlier run would stay
                    book.remove_submission(given.assignment, student)
        for line in words(result.get("log", "")):
            print(f"    {line}")
        sys.stdout.flush()
    if ungraded:
        return f"Not graded, and so without points in grades.csv: {', '.join(ungraded)}."


if __name__ == "__main__":
    sys.exit(main())
