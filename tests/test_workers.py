"""The scripts of lesson 12 that start processes: alone and on two workers alike, killed and restarted, and none left.

The first launch takes as long as TensorFlow's import, on a loaded machine most of a minute.
Skipped where processes or sockets are not to be had.
"""

import multiprocessing
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hygiene
import numpy as np
import pytest

NOTEBOOKS = hygiene.NOTEBOOKS
SCRIPT = NOTEBOOKS / "train_on_workers.py"
sys.path.insert(0, str(NOTEBOOKS))
import launch_workers  # noqa: E402
from launch_workers import run_workers  # noqa: E402


def can_start_processes() -> bool:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return not subprocess.run([sys.executable, "-c", "pass"], check=False).returncode
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not can_start_processes(), reason="no processes or no sockets can be had here")


@pytest.fixture
def started(monkeypatch):
    """All processes that the launcher starts in a test; none may be left at its end."""
    processes, make = [], launch_workers.PROCESSES.Process

    def note(*arguments, **options):
        processes.append(make(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(launch_workers.PROCESSES, "Process", note)
    yield processes
    assert not any(process.is_alive() for process in processes)


@pytest.fixture
def toy(tmp_path):
    """A worker that makes no use of TensorFlow."""

    def write(body: str) -> Path:
        head = "import json, os, socket, sys, time\nplace = json.loads(os.environ.get('TF_CONFIG', '{}'))\n"
        (tmp_path / "toy.py").write_text(head + body, encoding="utf-8")
        return tmp_path / "toy.py"

    return write


def weights(path: Path) -> list[np.ndarray]:
    with np.load(path) as stored:
        return [stored[key] for key in stored if "/" in key]


def test_two_workers_killed_and_started_again_end_where_one_process_does(started, tmp_path):
    short = ["--steps", 30, "--every", 10, "--checkpoints"]
    with ThreadPoolExecutor() as at_once:  # one process trains while the survivor of the two waits for its partner
        alone = at_once.submit(run_workers, SCRIPT, 1, tmp_path / "one.npz", "--steps", 30)
        killed = run_workers(SCRIPT, 2, tmp_path / "two.npz", *short, tmp_path / "saved", "--die-at", 17, grace=200)
    assert alone.result() == [0]
    assert killed[1] == 9
    assert killed[0] not in (0, -signal.SIGKILL)  # it has noticed, and ended by itself
    assert run_workers(SCRIPT, 2, tmp_path / "two.npz", *short, tmp_path / "saved") == [0, 0]
    assert np.load(tmp_path / "two.npz")["first_step"] == 10
    for two, one in zip(weights(tmp_path / "two.npz"), weights(tmp_path / "one.npz"), strict=True):
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-12)


def test_worker_whose_partner_never_comes_ends(started, tmp_path):
    (code,) = run_workers(SCRIPT, 2, tmp_path / "x.npz", "--patience", 2, only=[0], seconds=250, logs=tmp_path)
    assert code == 1  # it ended by itself
    assert "Timeout (" in (tmp_path / "log_0.txt").read_text(encoding="utf-8")
    assert not (tmp_path / "x.npz").exists()


def test_each_worker_is_told_its_place(started, toy, tmp_path):
    script = toy("open(sys.argv[1] + str(place['task']['index']), 'w').write(json.dumps(place['cluster']))")
    assert run_workers(script, 3, tmp_path / "place") == [0, 0, 0]
    clusters = {(tmp_path / f"place{k}").read_text(encoding="utf-8") for k in range(3)}
    assert len(clusters) == 1
    assert len(set(re.findall(r"127\.0\.0\.1:\d+", clusters.pop()))) == 3


def test_script_starts_as_from_the_command_line(started, toy, tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("", encoding="utf-8")
    body = "import beside\nassert __name__ == '__main__' and sys.argv[0] == os.path.abspath(__file__)\n"
    body += "assert sys.argv[1:] == ['one', '2'] and os.environ['NEW'] == 'yes' and sys.stdin.read() == ''\n"
    body += "open('made', 'w').close()\n"
    run_workers(toy("pass"), 1)  # what is set from here on reaches a process that is copied, too
    monkeypatch.setenv("NEW", "yes")
    monkeypatch.chdir(tmp_path)
    assert run_workers(toy(body), 1, "one", 2, logs=tmp_path) == [0], (tmp_path / "log_0.txt").read_text("utf-8")
    assert (tmp_path / "made").exists()


def test_what_is_copied_has_started_nothing_of_tensorflow(started, toy, tmp_path):
    """A process is safe to copy only while TensorFlow has not begun to compute in it."""
    if launch_workers.PROCESSES.get_start_method() != "forkserver":
        pytest.skip("no process is copied on this system")
    body = "assert {'tensorflow', 'keras'} <= set(sys.modules)\nfrom tensorflow.python.eager import context\n"
    body += "assert not (context._context and context._context._initialized)"
    assert run_workers(toy(body), 1, logs=tmp_path) == [0], (tmp_path / "log_0.txt").read_text("utf-8")


def test_where_no_process_can_be_copied_each_worker_begins_anew(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(launch_workers, "PROCESSES", multiprocessing.get_context("spawn"))
    script = toy("sys.exit('tensorflow' in sys.modules or sys.argv[1:] != ['x'])")
    assert run_workers(script, 2, "x", logs=tmp_path) == [0, 0], (tmp_path / "log_0.txt").read_text("utf-8")


def test_one_worker_alone_has_no_cluster(started, toy, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {}}')
    assert run_workers(toy("sys.exit(bool(place))"), 1) == [0]


def test_taken_port_leads_to_other_ports(started, toy, tmp_path):
    script = toy("sys.exit(0 if os.path.exists(sys.argv[1]) else open(sys.argv[1], 'w').close() or 3)")
    assert run_workers(script, 2, tmp_path / "tried")[0] == 0
    assert len(started) >= 2
    assert 3 in run_workers(toy("sys.exit(3)"), 2, tries=2)


def test_dead_partner_is_noticed_by_its_exit_code(started, toy):
    began = time.monotonic()
    codes = run_workers(toy("sys.exit(7) if place['task']['index'] else time.sleep(1000)"), 2, grace=1)
    assert codes == [-signal.SIGKILL, 7]
    assert time.monotonic() - began < 100


def ends(process: str) -> bool:
    """Whether the process of this number is gone within 20 seconds."""
    status, end = Path(f"/proc/{process}/status"), time.monotonic() + 20
    while status.exists() and "(zombie)" not in status.read_text(encoding="utf-8") and time.monotonic() < end:
        time.sleep(0.1)
    return time.monotonic() < end


def test_time_limit_ends_workers_and_what_they_started(started, toy, tmp_path):
    child = "import subprocess; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
    script = toy(child + "open(sys.argv[1], 'w').write(str(p.pid)); time.sleep(1000)")
    assert run_workers(script, 1, tmp_path / "child", seconds=5) == [-signal.SIGKILL]
    assert ends((tmp_path / "child").read_text(encoding="utf-8"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_workers_end_when_who_started_them_is_killed(toy, tmp_path):
    script = toy("open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(1000)")
    caller = f"from launch_workers import run_workers\nrun_workers({str(script)!r}, 1, {str(tmp_path / 'worker')!r})"
    process = subprocess.Popen([sys.executable, "-c", caller], cwd=NOTEBOOKS)
    end = time.monotonic() + 120
    while not (tmp_path / "worker").exists() or not (tmp_path / "worker").read_text(encoding="utf-8"):
        assert time.monotonic() < end
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert ends((tmp_path / "worker").read_text(encoding="utf-8"))


def test_two_launchers_at_once_never_choose_one_port():
    ports, locks = launch_workers._free_ports(50)
    more, other_locks = launch_workers._free_ports(50)
    assert len({*ports, *more}) == 100
    for lock in locks + other_locks:
        lock.close()


def test_lines_that_the_lesson_shows_are_those_of_the_script():
    script = [line.strip() for line in SCRIPT.read_text(encoding="utf-8").splitlines()]
    lesson = hygiene.read(NOTEBOOKS / "12_serve_extend_and_scale_out.ipynb")
    text = "\n".join(cell["source"] for cell in hygiene.markdown_cells(lesson))
    shown = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(shown) >= 5
    for block in shown:
        lines = [line.strip() for line in block.strip().splitlines()]
        assert any(script[k : k + len(lines)] == lines for k in range(len(script))), block
