"""Start a script as a cluster of processes on this machine, and wait until all of them have ended."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

# Keras imports these wherever it finds them, and they take a third of a worker's start. A worker needs neither.
NOT_NEEDED = ("matplotlib", "sklearn")
START = f"""
import os, runpy, sys
sys.modules.update(dict.fromkeys({NOT_NEEDED}))  # None: as if they were not installed
sys.argv, sys.path[0] = sys.argv[1:], os.path.dirname(sys.argv[1])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
NO_CLUSTER = 3  # the exit code of a worker that could not join, most often since its port was taken


def run_workers(script, workers, *options, only=None, seconds=300, grace=30, tries=5, logs=None):
    """The exit codes of the script's workers. None of them outlives the call.

    Parameters
    ----------
    script : a file; it finds its place in the cluster in TF_CONFIG, and neither matplotlib nor scikit-learn.
    workers : how many the cluster has. With one, TF_CONFIG is not set.
    options : of the script.
    only : numbers of the workers to start; all, unless given.
    seconds : limit for the whole run.
    grace : seconds that the others have to end by themselves when one has failed; TensorFlow takes some 15.
    tries : how often to begin anew, with other ports, when a worker could not join the cluster.
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
    command = [sys.executable, "-c", START, os.path.abspath(script), *map(str, options)]
    quiet = dict.fromkeys(("stdin", "stdout"), subprocess.DEVNULL)
    processes, end = [], time.monotonic() + seconds
    try:
        for index in started:
            environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
            if workers > 1:
                place = {"cluster": cluster, "task": {"type": "worker", "index": index}}
                environment["TF_CONFIG"] = json.dumps(place)
            log = os.devnull if logs is None else os.path.join(logs, f"log_{index}.txt")
            with open(log, "w", encoding="utf-8") as errors:
                start = {"env": environment, "start_new_session": True, "stderr": errors, **quiet}
                processes.append(subprocess.Popen(command, **start))
        while any(process.poll() is None for process in processes) and time.monotonic() < end:
            codes = [process.poll() for process in processes]
            if NO_CLUSTER in codes:
                break
            if any(codes):
                end = min(end, time.monotonic() + grace)
            time.sleep(0.02)
    finally:
        for process in processes:
            if process.poll() is None:
                _kill(process)
        for lock in locks:
            lock.close()
    return [process.returncode for process in processes]


def _kill(process):
    """The process and all that it has started."""
    with contextlib.suppress(OSError):  # it has just ended
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


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
