"""Start a script as a cluster of processes on this machine, and wait until all of them have ended."""

import contextlib
import json
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import threading
import time

# TensorFlow's import is what takes time. On Linux one process imports it, starts nothing of it, and is copied for each
# worker. A copy is not safe on other systems: there each worker imports TensorFlow itself.
PROCESSES = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
ONE_AT_A_TIME = threading.Lock()
NO_CLUSTER = 3  # the exit code of a worker that could not join, most often since its port was taken
LOST = 255  # what `multiprocessing` says of a worker when the process that was copied is gone


def prepare_workers():
    """Let the process that will be copied import TensorFlow, beside what you do meanwhile. `run_workers` does it, too.

    It is quiet until `run_workers` asks for a copy, and ends with yours. Nothing happens where nothing is copied.
    """
    if PROCESSES.get_start_method() == "forkserver":
        from multiprocessing import forkserver  # not to be had everywhere

        PROCESSES.set_forkserver_preload(["tensorflow", "keras"])
        with ONE_AT_A_TIME, open(os.devnull, "wb") as nothing:
            errors = os.dup(2)
            os.dup2(nothing.fileno(), 2)  # it keeps this for good: TensorFlow's import has much to say
            try:
                forkserver.ensure_running()
            finally:
                os.dup2(errors, 2)
                os.close(errors)


def run_workers(script, workers, *options, only=None, seconds=300, grace=30, tries=5, logs=None):
    """The exit codes of the script's workers. When the call ends, so do they, also if your own process is killed.

    In a script of yours, call it under `if __name__ == "__main__":`, as `multiprocessing` asks.

    Parameters
    ----------
    script : a file, run as from the command line, but functions of `atexit` are not called, and copies share what
        TensorFlow's import has set: seed NumPy's random numbers. It finds its place in the cluster in TF_CONFIG.
    workers : how many the cluster has. With one, TF_CONFIG is not set.
    options : of the script.
    only : numbers of the workers to start; all, unless given.
    seconds : limit for each try.
    grace : seconds that the others have to end by themselves when one has failed; TensorFlow takes some 15.
    tries : how often to begin, each time with other ports, when a worker could not join the cluster.
    logs : a folder; worker k writes its warnings and errors to `log_k.txt` there. Without it, they are thrown away.
    """
    started = range(workers) if only is None else only
    for _ in range(tries):
        codes = _run_once(script, workers, options, started, seconds, grace, logs)
        if NO_CLUSTER not in codes:
            break
    return codes


def _run_once(script, workers, options, started, seconds, grace, logs):
    ports, locks = _free_ports(workers)
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    command = [os.path.abspath(script), *map(str, options)]
    processes, end = [], time.monotonic() + seconds
    try:
        prepare_workers()
        for index in started:
            environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
            if workers > 1:
                place = {"cluster": cluster, "task": {"type": "worker", "index": index}}
                environment["TF_CONFIG"] = json.dumps(place)
            log = os.devnull if logs is None else os.path.abspath(os.path.join(logs, f"log_{index}.txt"))
            given = command, environment, os.getcwd(), log
            processes.append(PROCESSES.Process(target=_work, args=given))
            processes[-1].start()
        while any(process.is_alive() for process in processes) and time.monotonic() < end:
            codes = [process.exitcode for process in processes]
            if NO_CLUSTER in codes:
                break
            if any(codes):
                end = min(end, time.monotonic() + grace)
            time.sleep(0.02)
    finally:
        for process in processes:
            if process.is_alive() or process.exitcode == LOST:
                _kill(process)
        for lock in locks:
            lock.close()
    return [process.exitcode for process in processes]


def _work(command, environment, folder, log):
    """In a new process: the script as from the command line, its errors in a file."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own, to be ended with all that the worker has started
    with open(os.devnull, "r+b") as nothing, open(log, "wb") as errors:
        for descriptor, file in enumerate((nothing, nothing, errors)):  # the usual input, output and errors
            os.dup2(file.fileno(), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = command
    sys.path.insert(0, os.path.dirname(command[0]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    runpy.run_path(command[0], run_name="__main__")


def _end_with_parent():
    multiprocessing.parent_process().join()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _kill(process):
    """The process, while it runs, and all that it has started."""
    with contextlib.suppress(OSError):  # it has just ended
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # where there are no groups, or it has none yet
    process.join()


def _free_ports(count):
    """TCP ports that were free a moment ago. Other launchers stay away from them while the UDP sockets are open."""
    ports, locks = [], []
    while len(ports) < count:
        locks.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        locks[-1].bind(("127.0.0.1", 0))
        port = locks[-1].getsockname()[1]
        with contextlib.suppress(OSError), socket.socket() as probe:  # somebody else listens there
            probe.bind(("", port))
            ports.append(port)
    return ports, locks
