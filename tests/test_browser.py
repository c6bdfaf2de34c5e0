"""Every lesson in a real JupyterLab and a real Chromium: it is drawn, it answers, and it talks to nobody outside.

A lesson runs as far as its live figures need; nbval runs and compares the whole. JupyterLab is loaded once. A test
opens a document, which is closed after it, with its kernel. Skipped where there is no Chromium (Debian: `apt-get
install chromium`) or no Playwright. At the end a table of latencies is printed:
`pytest -rP -n 0 tests/test_browser.py` shows it.
"""

import importlib.util
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import hygiene
import pytest
from lesson_code import needed_by

ROOT = Path(__file__).parents[1]
LESSONS, PAGES = hygiene.LESSONS, hygiene.LESSONS + hygiene.DEEPER
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: lessons are not opened in a browser"
)

QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
QUIET += ["disable-component-update", "disable-sync", "no-proxy-server"]
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Else cells out of sight are not in the page, and what is not in the page cannot be looked at.
    # A closed document's kernel ends.
    "notebook-extension/tracker": {"windowingMode": "none", "kernelShutdown": True},
}
WAITS = 180_000  # milliseconds; a loaded machine is slow
PRESSES = 7
# Milliseconds. A free machine of two cores needs a hundred; here other tests run beside it.
LATENCY = 600

# "Idle" is shown before the session exists; these promises are the ones to wait for.
OPEN = """async (path) => {
  const panel = await jupyterapp.commands.execute('docmanager:open', {path});
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
}"""
# Without a question whether to save.
CLOSE = """() => [...jupyterapp.shell.widgets('main')].forEach(panel => panel.dispose())"""
RUN = """async (ids) => {
  const notebook = jupyterapp.shell.currentWidget.content;
  for (const id of ids) {
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
    notebook.deselectAll();
    await jupyterapp.commands.execute('notebook:run-cell');
  }
  return notebook.model.toJSON().cells;
}"""
# From the key to a picture that differs and has been decoded, by the page's own clock.
PRESSED = """([cell, key]) => new Promise((done, failed) => {
  const picture = () => cell.querySelector('.jp-OutputArea img');
  const before = picture().src;
  const watch = new MutationObserver(async () => {
    const now = picture();
    if (!now || now.src === before) return;
    watch.disconnect();
    await now.decode();
    done(performance.now() - window.keyWentDown);
  });
  window.addEventListener('keydown', () => { window.keyWentDown = performance.now(); }, {capture: true, once: true});
  watch.observe(cell, {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
  setTimeout(() => failed(new Error('no new picture within 20 seconds')), 20000);
  window.pictureWatched = true;
})"""


@pytest.fixture(scope="module")
def proxy() -> Iterator[None]:
    """Everybody is told of a proxy at which nobody listens, as in a school: the way to this machine leads past it."""
    with socket.socket() as closed, pytest.MonkeyPatch.context() as patch:
        closed.bind(("127.0.0.1", 0))
        patch.setenv("http_proxy", "http://{}:{}".format(*closed.getsockname()))
        patch.setenv("no_proxy", "")
        yield


def answers(url: str) -> bool:
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2)
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def lab(tmp_path_factory, proxy) -> Iterator[str]:
    """A JupyterLab of its own on a copy of the notebooks, with nobody's settings."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "work")
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    places |= {
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    surroundings = os.environ | {name: str(folder / place) for name, place in places.items()}
    surroundings.pop("PYTEST_CURRENT_TEST", None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    options += ["--IdentityProvider.token=t", f"--ServerApp.root_dir={folder / 'work'}"]
    options += ["--LabApp.expose_app_in_browser=True"]
    with open(folder / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=surroundings, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    patience = time.monotonic() + WAITS / 1000
    try:
        while not answers(f"{url}/api/status?token=t"):
            up = server.poll() is None and time.monotonic() < patience
            assert up, f"JupyterLab did not come up:\n{(folder / 'log').read_text(encoding='utf-8')}"
            time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def browser(proxy) -> Iterator:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=[f"--{option}" for option in QUIET])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def window(lab, browser) -> Iterator[tuple]:
    """JupyterLab in a page that may talk to the lab and to nobody else; what it asked for outside, and complaints."""
    context = browser.new_context(viewport={"width": 1300, "height": 1500})
    outside, complaints = [], []

    def gate(route: object) -> None:
        if route.request.url.startswith((lab, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()
    page.set_default_timeout(WAITS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{lab}/lab?token=t&reset")
    page.wait_for_function("() => window.jupyterapp?.restored")
    page.evaluate("async () => { await jupyterapp.restored; }")
    yield page, outside, complaints
    context.close()


@pytest.fixture
def page(window) -> Iterator:
    page, outside, complaints = window
    yield page
    said = complaints[:]  # before closing, which cancels what the page still asks its kernel, and complains of that
    page.evaluate(CLOSE)
    page.wait_for_timeout(200)
    asked = outside[:]
    outside.clear(), complaints.clear()
    assert asked == []
    assert said == []


def opened(page: object, name: str) -> None:
    page.evaluate(OPEN, name)


def latencies(page: object) -> list[list[float]]:
    """Milliseconds from key press to new picture, for each live figure; the slider's readout must change, too."""
    found = []
    for cell in page.locator(".jp-CodeCell:has(.noUi-handle)").all():
        milliseconds = []
        handle, readout = cell.locator(".noUi-handle").first, cell.locator(".widget-readout").first
        at_start = int(float(handle.get_attribute("aria-valuenow")))
        last = int(float(handle.get_attribute("aria-valuemax")))
        for press in range(PRESSES):
            # Right as far as there is room, and back.
            key = "ArrowRight" if press % 2 == (at_start == last) else "ArrowLeft"
            before = readout.inner_text()
            handle.focus()
            page.evaluate(f"(cell) => {{ window.measured = ({PRESSED})([cell, '{key}']); }}", cell.element_handle())
            page.keyboard.press(key)
            milliseconds.append(page.evaluate("() => window.measured"))
            assert readout.inner_text() != before
        found.append(milliseconds)
    return found


def sentences(cell: dict) -> list[str]:
    """What goes with a cell's pictures."""
    texts = [output["data"]["text/plain"] for output in cell["outputs"] if "image/png" in output.get("data", {})]
    return ["".join(text) for text in texts]


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[str, list[list[float]]]]:
    """Latencies by lesson, printed as a table when all lessons have been opened."""
    by_lesson = {}
    yield by_lesson
    print("\nmilliseconds from key press to new picture, median of", PRESSES)
    for name, figures in by_lesson.items():
        print(f"{name:40}", *(f"{statistics.median(one):6.0f}" for one in figures))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_lesson_is_drawn_and_answers(page, measured, path):
    opened(page, path.relative_to(hygiene.NOTEBOOKS).as_posix())
    stored = hygiene.code_cells(hygiene.read(path))
    sources = [cell.source for cell in stored]
    live = [k for k, source in enumerate(sources) if "mtl.live(" in source]
    needed = sorted({k for figure in live for k in needed_by(figure, sources)})
    cells = hygiene.code_cells({"cells": page.evaluate(RUN, [stored[k].id for k in needed])})
    assert [cells[k]["execution_count"] for k in needed] == [*range(1, len(needed) + 1)]
    for k in needed:
        assert [o for o in cells[k]["outputs"] if o["output_type"] == "error" or o.get("name") == "stderr"] == []
    assert [sentences(cells[k]) for k in live] == [sentences(stored[k]) for k in live]
    assert page.locator(".jp-mod-error, .jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    source = "\n".join(cell.source for cell in hygiene.markdown_cells(hygiene.read(path)))
    if "$" in source:
        page.locator("mjx-container").first.wait_for()
    else:
        assert page.locator("mjx-container").count() == 0
    # Where an answer is folded, its picture enters the page when its cell is run.
    folded = {k for k, cell in enumerate(stored) if cell.metadata.get("jupyter", {}).get("outputs_hidden")}
    pictures = page.locator(".jp-OutputArea img")
    assert pictures.count() == sum(len(sentences(cell)) for k, cell in enumerate(stored) if k not in folded - {*needed})
    for picture in pictures.all():
        assert picture.evaluate("async e => { await e.decode(); return e.naturalWidth; }") > 300
    # JupyterLab 4.6 does not yet put the text into the page; nbconvert and screen readers of its pages do.
    shown = [output for cell in cells for output in cell["outputs"] if "image/png" in output.get("data", {})]
    assert all(len(output["metadata"]["image/png"]["alt"]) > 20 for output in shown)

    assert page.locator("details").count() == source.count("<details>")
    for hint in page.locator("details").all()[:1]:
        assert not hint.evaluate("e => e.open")
        hint.locator("summary").click()
        assert hint.evaluate("e => e.open")

    measured[path.stem] = latencies(page)
    assert all(statistics.median(one) < LATENCY for one in measured[path.stem])


def test_exercise_is_solved_by_typing(page):
    """Lesson 00, exercise 3, by a learner who comes back: runs the imports, types into the starter, runs on."""
    opened(page, LESSONS[0].name)
    starter = page.locator(".jp-CodeCell", has_text="def paired").first
    check = page.locator(".jp-CodeCell", has_text="check.paired(paired)").first
    assert "Not attempted yet" in check.locator(".jp-OutputArea").inner_text()  # as stored
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    starter.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    solution = ["def paired(values, others):", "    difference = values - others"]
    solution += ["    return difference.mean(), difference.std(ddof=1) / len(difference) ** 0.5"]
    page.keyboard.insert_text("\n".join(solution))
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    check.locator(".jp-OutputArea", has_text="Right:").wait_for()


@pytest.mark.skipif(
    importlib.util.find_spec("nbgrader") is not None, reason="nbgrader is installed: this is a teacher's JupyterLab"
)
def test_learner_sees_nothing_of_grading(page):
    """No menu of nbgrader, no button Validate, no bar Create Assignment."""
    opened(page, LESSONS[0].name)
    menu, bar, side = ".lm-MenuBar-itemLabel", ".jp-NotebookPanel-toolbar", ".jp-SideBar [title"
    there = [f"{menu}:text-is('Kernel')", f"{bar}:has-text('Markdown')", f"{side}='Debugger']"]
    grading = [f"{menu}:text-is('Nbgrader')", f"{bar}:has-text('Validate')", f"{side}*='Create Assignment']"]
    assert [one for one in there + grading if page.locator(one).count()] == there
