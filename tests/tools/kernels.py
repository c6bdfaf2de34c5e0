"""Kernels that run the notebooks of this repository: a pytest plugin, and what the tools beside it share.

- They talk over sockets with names of their own. Of TCP ports, two kernels that start at once may draw the same.
- They start with nobody's settings: neither an IPython profile nor a matplotlibrc changes what a lesson prints.
- What each notebook took, in seconds and memory, is printed at the end; too much memory is a failure.

pyproject.toml loads the plugin, so that it is there for one notebook alone, too.
"""

import itertools
import os
import re
import shutil
import tempfile
from pathlib import Path

import jupyter_client
import nbval.kernel
import pytest
import zmq
from nbval.plugin import IPyNbCell

MOST_MEMORY = 1.0  # GB, of which TensorFlow takes most

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
    """The most resident memory that a running kernel has had so far, in GB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{manager.provisioner.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024 / 1e9


# The plugin ---------------------------------------------------------------------------------------


def pytest_configure() -> None:
    isolate()
    nbval.kernel.KernelManager = KernelManager


def pytest_unconfigure() -> None:
    clean_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Note the kernel's memory after each cell. The cell that passes the limit fails, later ones need not."""
    result = yield
    if isinstance(item, IPyNbCell) and item.parent.kernel.is_alive():
        before, peak = getattr(item.parent, "peak_memory", 0.0), peak_memory(item.parent.kernel.km)
        item.parent.peak_memory = peak
        item.user_properties.append(("peak memory", peak))  # travels with the report from a worker to the summary
        if before <= MOST_MEMORY < peak:
            pytest.fail(f"up to this cell the kernel took {peak:.2f} GB of memory, {MOST_MEMORY} GB are allowed")
    return result


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
