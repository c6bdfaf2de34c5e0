"""Kernels that run the notebooks of this repository: a pytest plugin, and what the tools beside it share.

- They talk over sockets with names of their own. Of TCP ports, two kernels that start at once may draw the same.
- They start with nobody's settings: neither an IPython profile nor a matplotlibrc changes what a lesson prints.
- What each notebook took, in seconds and memory, is printed at the end; too much of one is a failure.

pyproject.toml loads the plugin, so that it is there for one notebook alone, too.
"""

import itertools
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import jupyter_client
import nbval.kernel
import pytest
import zmq
from nbval.plugin import IPyNbCell

MOST_MEMORY = 0.55  # GB; with the files of the libraries about 1 GB
# Of a path lesson, and of one of its cells, where the package is imported in IMPORT seconds. Another notebook runs on
# the same cores, so BESIDE times as many are allowed.
MOST_SECONDS = {"lesson 00 to 06": 15.0, "later lesson": 25.0, "cell": 8.0}
IMPORT, BESIDE = 3.0, 2.0

FOLDER = Path(tempfile.mkdtemp(prefix="k"))  # a short name: a socket's whole path has room for a hundred letters
numbers = itertools.count()


def isolate() -> None:
    """Give this process, and all that it starts, empty settings. Fonts that Matplotlib has found stay found."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
        (FOLDER / name).mkdir()
        os.environ[name] = str(FOLDER / name)
    settings = FOLDER / "matplotlibrc"
    settings.touch()  # Matplotlib looks further if it finds no file
    os.environ["MATPLOTLIBRC"] = str(settings)


def clean_up() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


class _OwnSockets:
    def __init__(self, **options):
        name = str(FOLDER / str(next(numbers)))
        if len(name) + 10 < zmq.IPC_PATH_MAX_LEN:  # 0 where the system has no such sockets
            options |= {"transport": "ipc", "ip": name}
        super().__init__(**options)


class KernelManager(_OwnSockets, jupyter_client.KernelManager):
    """For nbval."""


class AsyncKernelManager(_OwnSockets, jupyter_client.AsyncKernelManager):
    """For nbclient."""


def peak_memory(manager: jupyter_client.KernelManager) -> float:
    """The most resident memory of its own that a running kernel has had so far, in GB; 0 where the system won't tell.

    Pages of library files do not count: kernels share them, and of the same TensorFlow they are 0.4 GB or 0.5, by how
    much of it the system happens to have read. They only become more, so asked after each cell this is never too much.
    """
    try:
        status = Path(f"/proc/{manager.provisioner.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    most, files = (int(re.search(rf"{name}:\s*(\d+) kB", status)[1]) for name in ("VmHWM", "RssFile"))
    return (most - files) * 1024 / 1e9


def most_imports(notebook: Path) -> tuple[float, float]:
    """How long a notebook and a cell of it may take, as multiples of its first cell. That imports the package."""
    number = re.match(r"(\d\d)_", notebook.name)
    if notebook.parent.name != "notebooks" or not number:  # not on the path
        return float("inf"), float("inf")
    lesson = "lesson 00 to 06" if int(number[1]) < 7 else "later lesson"
    return MOST_SECONDS[lesson] * BESIDE / IMPORT, MOST_SECONDS["cell"] * BESIDE / IMPORT


# The plugin ---------------------------------------------------------------------------------------


def pytest_configure() -> None:
    isolate()
    nbval.kernel.KernelManager = KernelManager


def pytest_unconfigure() -> None:
    clean_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Note the kernel's time and memory after each cell. The cell that passes a limit fails, later ones need not."""
    start = time.perf_counter()
    result = yield
    if isinstance(item, IPyNbCell) and item.parent.kernel.is_alive():
        _limit_seconds(item.parent, time.perf_counter() - start)
        before, peak = getattr(item.parent, "peak_memory", 0.0), peak_memory(item.parent.kernel.km)
        item.parent.peak_memory = peak
        item.user_properties.append(("peak memory", peak))  # travels with the report from a worker to the summary
        if before <= MOST_MEMORY < peak:
            pytest.fail(f"up to this cell the kernel took {peak:.2f} GB of its own, {MOST_MEMORY} GB are allowed")
    return result


def _limit_seconds(notebook: pytest.Collector, taken: float) -> None:
    cells = notebook.seconds = [*getattr(notebook, "seconds", []), taken]
    one, (lesson, cell) = cells[0], most_imports(notebook.path)
    if len(cells) > 1 and taken > cell * one:
        pytest.fail(f"this cell took {taken:.1f} s, {taken / one:.1f} imports of {one:.1f} s; {cell:.1f} are allowed")
    if sum(cells[:-1]) <= lesson * one < sum(cells):
        took = f"{sum(cells):.1f} s, {sum(cells) / one:.1f} imports of {one:.1f} s"
        pytest.fail(f"up to this cell the lesson took {took}; {lesson:.1f} are allowed")


def pytest_terminal_summary(terminalreporter) -> None:
    seconds, memory = {}, {}
    for report in itertools.chain(*terminalreporter.stats.values()):
        notebook, _, cell = getattr(report, "nodeid", "").partition(".ipynb::")
        if cell and isinstance(report, pytest.TestReport):
            seconds[notebook] = seconds.get(notebook, 0) + report.duration
            memory[notebook] = max(memory.get(notebook, 0), dict(report.user_properties).get("peak memory", 0))
    if seconds:
        terminalreporter.section("notebooks")
    for notebook in sorted(seconds):
        taken = f"{memory[notebook]:4.2f} GB" if memory[notebook] else ""
        terminalreporter.line(f"{notebook:60} {seconds[notebook]:5.1f} s  {taken}".rstrip())
