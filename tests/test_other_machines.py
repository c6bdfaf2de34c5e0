"""What is set on other people's machines breaks neither the package nor the check. (A proxy: test_browser.py.)"""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import hygiene
import keras
import kernels
import nbformat
import pytest
import zmq

ROOT = Path(__file__).parents[1]
MATPLOTLIBRC = "figure.autolayout: true\nsavefig.bbox: tight\ntext.usetex: true\nlines.linewidth: 9\n"

DRAW = """
import hashlib, io

def drawn():
    figure, ax = mtl.new_figure()
    mtl.lines(ax, [0.0, 1.0], {"a line": [0.0, 1.0]})
    ax.set_title("two words")
    picture = io.BytesIO()
    figure.savefig(picture)
    return hashlib.sha256(picture.getvalue()).hexdigest()
"""
# As in a notebook, `sys.stderr` is not descriptor 2. By the timer, Matplotlib tells of a font scan that takes long.
IMPORT = """
import io, json, os, sys, threading
os.close(2)
sys.stderr = io.StringIO()
timer = threading.Timer
threading.Timer = lambda seconds, call: timer(0, call)

import mtl_helpers as mtl
import keras, logging
os.write(2, b"goes nowhere")
asked = keras.config
found = asked.backend(), asked.floatx(), asked.epsilon(), asked.image_data_format(), drawn()
print(json.dumps([found, sys.stderr.getvalue(), logging.getLogger("matplotlib").level]))
"""


def test_import_and_figures_are_those_of_any_machine(tmp_path):
    """Another backend, another float, no descriptor 2, a home that takes no file, slow fonts, a matplotlibrc."""
    wishes = {"backend": "jax", "floatx": "float16", "epsilon": 0.01, "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(wishes), encoding="utf-8")
    (tmp_path / "matplotlibrc").write_text(MATPLOTLIBRC, encoding="utf-8")
    home = str(tmp_path / "keras.json")  # no folder: nothing can be written below it, not even by root
    places = ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    surroundings = {name: value for name, value in os.environ.items() if name not in places} | {
        "HOME": home,
        "USERPROFILE": home,
        "KERAS_HOME": str(tmp_path),
        "KERAS_BACKEND": "torch",
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
    }
    run = subprocess.run(
        [sys.executable, "-c", DRAW + IMPORT], env=surroundings, capture_output=True, encoding="utf-8", check=False
    )
    here = {"mtl": mtl}
    exec(DRAW, here)
    assert run.returncode == 0, run.stdout
    found, complaints, log_level = json.loads(run.stdout)
    assert found == ["tensorflow", "float64", 1e-7, "channels_last", here["drawn"]()]
    assert (complaints, log_level) == ("", 0)


def test_keras_that_runs_on_something_else_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(ImportError, match=r"^Keras must run on TensorFlow, .* 'torch': import mtl_helpers first\.$"):
        importlib.reload(mtl)


# What these cells print depends on the user's settings, unless the kernel is kept from them.
CELLS = {
    "1\n2": "2",  # ast_node_interactivity = "all" shows both
    'import os\nos.listdir(os.environ["JUPYTER_CONFIG_DIR"])': "[]",
    'import matplotlib\nmatplotlib.rcParams["figure.autolayout"]': "False",
    "from pathlib import Path\nfrom ipykernel import get_connection_info\ninfo = get_connection_info(unpack=True)\n"
    'Path("socket").write_text(info["ip"])\ninfo["transport"]': repr("ipc" if zmq.IPC_PATH_MAX_LEN else "tcp"),
}


def write_notebook(path, cells):
    notebook = nbformat.v4.new_notebook()
    for count, (source, shown) in enumerate(cells.items(), 1):
        outputs = [nbformat.v4.new_output("execute_result", {"text/plain": shown}, execution_count=count)]
        notebook.cells.append(nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs))
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> tuple[Path, str]:
    """A folder, and what pytest with this repository's configuration says of its notebooks amid a user's settings."""
    folder = tmp_path_factory.mktemp("course") / "notebooks"
    folder.mkdir()
    user = tmp_path_factory.mktemp("user")
    (user / "profile_default").mkdir()
    for name, settings in {
        "profile_default/ipython_config.py": 'get_config().InteractiveShell.ast_node_interactivity = "all"',
        "jupyter_config.py": "",
        "matplotlibrc": MATPLOTLIBRC,
        "file": "",
    }.items():
        (user / name).write_text(settings, encoding="utf-8")
    write_notebook(folder / "small.ipynb", CELLS)
    write_notebook(folder / "large.ipynb", {"1": "1", "len(bytearray(10**9 // 2))": "500000000", "2": "2"})
    slow = {"1": "1", "import time\ntime.sleep(2)\n2": "2", "3": "3"}
    for name in ("00_slow", "slow"):  # the second is not on the path
        write_notebook(folder / f"{name}.ipynb", slow)
    (folder / "conftest.py").write_text("import kernels\nkernels.MOST_MEMORY = 0.4\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {name: str(user) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MATPLOTLIBRC")}
    run = subprocess.run(
        # One worker, so that what it measures must travel; no cache can be written, as in a read-only checkout.
        [*command, "-n", "1", "--color", "no", "-o", f"cache_dir={user / 'file' / 'cache'}", folder],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    return folder, run.stdout + run.stderr


def test_check_runs_without_a_users_settings(report):
    assert "small.ipynb" not in re.findall(r"^(?:FAILED|ERROR) .*", report[1], flags=re.MULTILINE), report[1]
    assert "INTERNALERROR" not in report[1]
    assert re.search(r"2 failed, 11 passed" if Path("/proc").exists() else "1 failed, 12 passed", report[1]), report[1]


def test_kernels_leave_nothing_behind(report):
    if zmq.IPC_PATH_MAX_LEN:
        assert not Path((report[0] / "socket").read_text(encoding="utf-8")).parent.exists()


@pytest.mark.skipif(not Path("/proc").exists(), reason="this system does not tell a process's most memory")
def test_memory_is_printed_and_limited(report):
    assert re.findall(r"^(small|large) +[\d.]+ s  0\.\d\d GB$", report[1], flags=re.MULTILINE) == ["large", "small"]
    assert re.search(r"up to this cell the kernel took 0\.[5-9]\d GB of its own, 0\.4 GB are allowed", report[1])
    assert re.findall(r"^FAILED .*large.*::(Cell \d)", report[1], flags=re.MULTILINE) == ["Cell 1"]


def test_seconds_of_a_path_lesson_are_limited(report):
    assert re.search(r"this cell took [23]\.\d s, [\d.]+ imports of 0\.\d s; 5\.3 are allowed", report[1])
    assert re.findall(r"^FAILED .*slow.*::(Cell \d)", report[1], flags=re.MULTILINE) == ["Cell 1"]
    assert kernels.most_imports(ROOT / "notebooks" / "06_x.ipynb") == (10.0, pytest.approx(16 / 3))
    assert kernels.most_imports(ROOT / "notebooks" / "07_x.ipynb") == (pytest.approx(50 / 3), pytest.approx(16 / 3))
    assert kernels.most_imports(ROOT / "notebooks" / "solutions" / "06_x.ipynb") == (float("inf"),) * 2


def test_kernels_use_ports_where_there_are_no_sockets(monkeypatch):
    monkeypatch.setattr(zmq, "IPC_PATH_MAX_LEN", 0)
    assert kernels.KernelManager().transport == "tcp"


def test_arrow_keys_are_promised_where_they_work():
    """They move sliders in JupyterLab, but not in Notebook 7."""
    promises = [
        sentence
        for path in hygiene.LESSONS + hygiene.DEEPER
        for cell in hygiene.markdown_cells(hygiene.read(path))
        for sentence in re.findall(r"[^.]*arrow keys[^.]*", cell["source"])
    ]
    assert promises
    assert [sentence for sentence in promises if "JupyterLab" not in sentence] == []
