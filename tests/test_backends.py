"""Backends: one table from processes and from a real Dask cluster, whatever dies on the way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import distributed
import joblib
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite.experiments import backends
from cliprl_lite.experiments import sweeps as experiments
from cliprl_lite.experiments.backends import BackendError, choose_backend, on_dask
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.sweeps import Sweep, run_sweep
from cliprl_lite.experiments.trials import Job, run_job

SLOW = Sweep((("corners", 22),), trials=8, methods=("scratch", "alg1", "random"))
"""Trials of some tenths of a second: there is time to kill somebody in the middle of one."""


# Clusters
@pytest.fixture(scope="module")
def pair() -> Iterator[LocalCluster]:
    """Two worker processes that come back when they are killed."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


@pytest.fixture
def cluster(pair: LocalCluster) -> Iterator[LocalCluster]:
    """The pair, both alive; afterwards no client may have been left open."""
    pair.wait_for_workers(2, timeout=30)
    yield pair
    wait_until(lambda: set(pair.scheduler.clients) == {"fire-and-forget"})


@pytest.fixture(scope="module")
def lonely() -> Iterator[LocalCluster]:
    """A scheduler without a worker."""
    with LocalCluster(n_workers=0, dashboard_address=":0") as cluster:
        yield cluster


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts a command as the user types it; all are killed in the end."""
    with ExitStack() as started:

        def start_one(
            *command: str, flags: tuple[str, ...] = (), **environment: str
        ) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, *flags, "-m", *command],
                env=os.environ | environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            started.callback(process.wait)
            started.callback(process.kill)
            return process

        yield start_one


@pytest.fixture
def start_worker(start: Start) -> Start:
    """A function that starts a worker with the address of its scheduler, and waits for it."""

    def start_one(scheduler: str, **how: Any) -> subprocess.Popen[bytes]:
        with Client(scheduler, set_as_default=False) as client:
            before = len(client.nthreads())
            options = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
            process = start("dask", "worker", scheduler, *options, **how)
            client.wait_for_workers(before + 1, timeout=30)
        return process

    return start_one


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def finished_trials(out: Path) -> int:
    journal = out.with_name(out.name + ".partial")
    return max(0, journal.read_bytes().count(b"\n") - 1) if journal.exists() else 0


# What both do
@pytest.fixture(params=["processes", "dask"])
def run(request: pytest.FixtureRequest) -> Callable:
    if request.param == "processes":
        return choose_backend("processes", workers=2)
    address = request.getfixturevalue("cluster").scheduler_address
    return choose_backend("dask", scheduler=address)


def square(number: int) -> int:
    return number * number


def test_every_job_once_with_its_name(run: Callable) -> None:
    results = list(run(square, {f"job {n}": n % 7 for n in range(250)}))  # some are alike
    assert sorted(results) == sorted((f"job {n}", (n % 7) ** 2) for n in range(250))


def test_no_job_at_all(run: Callable) -> None:
    assert list(run(square, {})) == []


def test_results_come_as_they_finish(run: Callable) -> None:
    assert [name for name, _ in run(time.sleep, {"long": 1.0, "short": 0.0})] == ["short", "long"]


def test_what_is_named_first_begins_first(run: Callable) -> None:
    begun = dict(run(begin, {str(n): n for n in range(20)}))
    first = sorted(begun, key=lambda name: begun[name])[:5]
    assert max(int(name) for name in first) < 10


def begin(number: int) -> float:
    began = time.time()
    time.sleep(0.03)
    return began


def test_an_error_of_the_job_comes_as_it_is(run: Callable) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        list(run(reciprocal, {"a": 1, "b": 0}))


def reciprocal(number: int) -> float:
    return 1 / number


@pytest.mark.parametrize("named_by", ["JOBLIB_TEMP_FOLDER", "TMPDIR"])
def test_processes_in_a_folder_beyond_ascii(
    named_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joblib cannot keep its files there; one worker needs none."""
    folder = tmp_path / "Größe"
    folder.mkdir()
    monkeypatch.delenv("JOBLIB_TEMP_FOLDER", raising=False)
    if named_by == "TMPDIR":  # only asked where there is no file system in memory, as on Windows
        monkeypatch.setattr(joblib._memmapping_reducer, "SYSTEM_SHARED_MEM_FS", "/nowhere")
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
    else:
        monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(folder))
    jobs = {str(n): n for n in range(4)}
    with pytest.raises(BackendError, match=f"files in {folder}, .* set JOBLIB_TEMP_FOLDER to"):
        list(choose_backend("processes", workers=2)(square, jobs))
    assert len(list(choose_backend("processes", workers=1)(square, jobs))) == 4


def test_a_letter_that_a_job_cannot_encode_is_its_own_affair(run: Callable) -> None:
    with pytest.raises(UnicodeEncodeError):
        list(run(in_ascii, {"a": "plain", "b": "Größe"}))


def in_ascii(text: str) -> bytes:
    return text.encode("ascii")


def test_one_table_bit_for_bit(cluster: LocalCluster) -> None:
    sweep = replace(SMALL, methods=("scratch", "alg1", "random", "alg2"))
    address = cluster.scheduler_address
    on_cluster = run_sweep(sweep, progress=False, backend="dask", scheduler=address)
    assert_same(on_cluster, run_quietly(sweep))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "slurm"}, "no backend 'slurm'; take one of processes, dask"),
        ({"backend": "processes", "scheduler": "tcp://h:1"}, "for the backend 'dask'"),
        ({"backend": "dask"}, "needs a scheduler, as in tcp://host:8786"),
        ({"backend": "dask", "scheduler": "tcp://h:1", "workers": 4}, "give no number"),
    ],
)
def test_options_that_do_not_go_together(options: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        run_sweep(SMALL, tmp_path / "table.csv", progress=False, **options)
    assert list(tmp_path.iterdir()) == []


# Somebody dies
@pytest.fixture(scope="module")
def slow() -> pd.DataFrame:
    return run_quietly(SLOW, workers=2)


def test_a_killed_dask_worker_costs_nothing(
    cluster: LocalCluster, slow: pd.DataFrame, tmp_path: Path
) -> None:
    """SIGKILL to a worker in the middle of a trial, while others are done and others wait."""
    out = tmp_path / "table.csv"
    workers = cluster.scheduler.workers
    killed: list[str] = []
    finished: list[int] = []

    def kill_one() -> None:
        wait_until(lambda: finished_trials(out) >= 3)
        while not (busy := [name for name, one in list(workers.items()) if one.processing]):
            time.sleep(0.01)
        (nanny,) = [one for one in cluster.workers.values() if one.worker_address == busy[0]]
        os.kill(nanny.pid, signal.SIGKILL)
        killed.append(busy[0])
        finished.append(finished_trials(out))

    killer = threading.Thread(target=kill_one)
    killer.start()
    address = cluster.scheduler_address
    table = run_sweep(SLOW, out, progress=False, backend="dask", scheduler=address)
    killer.join()
    assert_same(table, slow)
    assert_same(read_table(out), slow)
    assert 3 <= finished[0] < SLOW.trials - 1
    assert killed[0] not in workers


def test_what_has_come_home_is_not_run_again_when_its_worker_dies(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    jobs = {str(n): tmp_path / str(n) for n in range(8)}
    with closing(on_dask(note, jobs, cluster.scheduler_address)) as results:
        home = [next(results)[0] for _ in range(4)]
        for nanny in cluster.workers.values():
            os.kill(nanny.pid, signal.SIGKILL)
        rest = [name for name, _ in results]
    assert sorted(home + rest) == sorted(jobs)
    assert [jobs[name].read_text() for name in home] == ["."] * 4


def note(file: Path) -> None:
    with file.open("a") as stream:
        stream.write(".")


def die(job: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_job_that_kills_every_worker_is_named(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 1)  # 3 by default, which is slow
    with pytest.raises(BackendError, match=r"heavy lost its worker 2 times, .* memory runs out"):
        list(on_dask(die, {"heavy": 0}, cluster.scheduler_address))


def die_at_trial_six(job: Job) -> list[dict]:
    if job.seed == 6:
        die(job)
    return run_job(job)


def test_a_killed_process_says_what_is_kept_and_the_same_command_goes_on(
    slow: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "table.csv"
    run_quietly(replace(SLOW, trials=2), out)
    with monkeypatch.context() as patch:
        patch.setattr(experiments, "run_job", die_at_trial_six)
        with pytest.raises(BackendError, match=r"killed.*memory.*fewer workers") as caught:
            run_quietly(SLOW, out, workers=2)
    kept = 2 + finished_trials(out)
    assert 3 <= kept <= 7
    assert str(caught.value).endswith(
        f"; {kept} of 8 trials are kept in {out} and {out}.partial, "
        "and the same command goes on from there"
    )
    ran: list[str] = []
    monkeypatch.setattr(experiments, "run_job", lambda job: ran.append(job.key) or run_job(job))
    assert_same(run_quietly(SLOW, out), slow)
    assert len(ran) == 8 - kept


def test_a_killed_process_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "run_job", die_at_trial_six)
    with pytest.raises(BackendError, match=r"; \d of 8 trials were finished and are lost"):
        run_quietly(SLOW, workers=2)


def test_a_killed_scheduler_and_another_backend_after_it(
    start: Start, start_worker: Start, slow: pd.DataFrame, tmp_path: Path
) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = start("dask", "scheduler", "--port", str(port), "--no-dashboard")
    wait_until(lambda: listens(port))
    start_worker(address)
    out = tmp_path / "table.csv"

    def kill_it() -> None:
        wait_until(lambda: finished_trials(out) >= 3)
        scheduler.kill()

    killer = threading.Thread(target=kill_it)
    killer.start()
    began = time.monotonic()
    with pytest.raises(
        BackendError, match=f"{address} was stopped.*of 8 trials are kept in {out}.partial,"
    ):
        run_sweep(SLOW, out, progress=False, backend="dask", scheduler=address)
    assert time.monotonic() - began < 20
    killer.join()
    assert 3 <= finished_trials(out) < 8
    assert_same(run_quietly(SLOW, out), slow)


def test_a_scheduler_killed_while_it_has_no_worker(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(backends, "ANSWER_SECONDS", 1)
    port = free_port()
    scheduler = start("dask", "scheduler", "--port", str(port), "--no-dashboard")
    wait_until(lambda: listens(port))
    killer = threading.Timer(1.5, scheduler.kill)
    killer.start()
    with pytest.raises(BackendError, match="was stopped or restarted"):
        list(on_dask(square, {"a": 1}, f"tcp://127.0.0.1:{port}"))
    killer.join()
    assert "has no worker; waiting 60 s" in capsys.readouterr().err
    assert not [line for line in caplog.records if line.name == "distributed.client"]


def test_ctrl_c_keeps_what_is_finished(cluster: LocalCluster, tmp_path: Path) -> None:
    out = tmp_path / "figure2.csv"
    choices = ["--sizes", "22", "--methods", ",".join(SLOW.methods), "--out", str(out)]
    where = ["--backend", "dask", "--scheduler", cluster.scheduler_address]
    code = """
import signal, sys
from cliprl_lite.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
sys.exit(main())
"""
    command = subprocess.Popen(
        [sys.executable, "-c", code, "figure2", *choices, "--trials", "30", *where],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: finished_trials(out) >= 2)
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate(timeout=20)
    assert command.returncode == 130
    assert errors.endswith("stopped; the same command goes on with a sweep from here\n")
    assert "Traceback" not in errors
    assert 2 <= finished_trials(out) < 30
    wait_until(lambda: not cluster.scheduler.tasks)  # nobody works on for a client that left


@pytest.mark.parametrize("backend", ["processes", "dask"])
def test_progress_is_shown(
    backend: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    how = {}
    if backend == "dask":
        how = {"scheduler": request.getfixturevalue("cluster").scheduler_address}
    run_sweep(SMALL, backend=backend, **how)
    bar = capsys.readouterr().err
    assert "0/4" in bar
    assert "4/4" in bar


# Nobody there, or the wrong one
def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of somebody who listens and never says a word."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield f"tcp://127.0.0.1:{one.getsockname()[1]}"


def test_a_scheduler_that_does_not_answer(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "ANSWER_SECONDS", 1)
    for address in (silent, f"tcp://127.0.0.1:{free_port()}", "tcp://127.0.0.1", "x://a:1"):
        began = time.monotonic()
        with pytest.raises(BackendError, match=f"no Dask scheduler answers at {address}"):
            list(on_dask(square, {"a": 1}, address))
        assert time.monotonic() - began < 3


def test_the_address_of_a_worker(cluster: LocalCluster) -> None:
    address = next(iter(cluster.scheduler.workers))
    with pytest.raises(BackendError, match=f"{address} is the address of a Worker"):
        list(on_dask(square, {"a": 1}, address))


def test_dask_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BackendError, match=r"needs Dask, .*cliprl-lite\[cluster\]"):
        run_sweep(SMALL, progress=False, backend="dask", scheduler="tcp://127.0.0.1:1")


def test_a_finished_table_needs_no_cluster(small: pd.DataFrame, tmp_path: Path) -> None:
    run_quietly(SMALL, tmp_path / "table.csv")
    address = f"tcp://127.0.0.1:{free_port()}"
    table = run_sweep(
        SMALL, tmp_path / "table.csv", progress=False, backend="dask", scheduler=address
    )
    assert_same(table, small)


def test_no_worker_at_first(
    lonely: LocalCluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backends, "WORKER_SECONDS", 1)
    address = lonely.scheduler_address
    began = time.monotonic()
    with pytest.raises(BackendError, match=f"no worker for 1 s; .* dask worker {address} "):
        list(on_dask(square, {"a": 1}, address))
    assert time.monotonic() - began < 4
    assert f"{address} has no worker; waiting 1 s for one" in capsys.readouterr().err


def test_no_worker_any_more(
    lonely: LocalCluster, start_worker: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "ANSWER_SECONDS", 1)
    monkeypatch.setattr(backends, "WORKER_SECONDS", 1)
    worker = start_worker(lonely.scheduler_address)
    results = on_dask(time.sleep, {"short": 0, "long": 30}, lonely.scheduler_address)
    assert next(results)[0] == "short"
    worker.kill()
    with pytest.raises(BackendError, match="no worker for 1 s"):
        next(results)


# Another version of the package, or none
@pytest.fixture
def other_version(tmp_path: Path) -> dict[str, Any]:
    """How to start a Python in which the package says that it is version 9.9."""
    folder = tmp_path / "cliprl_lite-9.9.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: cliprl-lite\nVersion: 9.9\n")
    return {"PYTHONPATH": str(tmp_path)}


@pytest.fixture
def no_package(tmp_path: Path) -> dict[str, Any]:
    """How to start a Python that has every other package."""
    for package in Path(distributed.__file__).parents[1].iterdir():
        if "cliprl_lite" not in package.name:
            (tmp_path / package.name).symlink_to(package)
    return {"flags": ("-S", "-P"), "PYTHONPATH": str(tmp_path)}


STRANGERS = pytest.mark.parametrize(
    ("how", "found"),
    [("other_version", r"9\.9"), ("no_package", "none")],
)


@STRANGERS
def test_a_worker_without_this_version_is_named_though_another_does_the_work(
    how: str,
    found: str,
    lonely: LocalCluster,
    start_worker: Start,
    request: pytest.FixtureRequest,
) -> None:
    start_worker(lonely.scheduler_address, **request.getfixturevalue(how))
    (address,) = lonely.scheduler.workers
    start_worker(lonely.scheduler_address, PYTHONPATH=str(Path(__file__).parent))
    needs = f"needs cliprl-lite {version('cliprl-lite')}, .* and has {found}; install it there"
    with Client(lonely.scheduler_address, set_as_default=False) as other:
        nap = other.submit(time.sleep, 30, workers=[address])
        wait_until(lambda: lonely.scheduler.workers[address].processing)
        with pytest.raises(BackendError, match=f"the worker {address} {needs}"):
            list(on_dask(square, {"a": 1}, lonely.scheduler_address))
        nap.release()


@STRANGERS
def test_a_worker_that_joins_later_is_named_as_well(
    how: str,
    found: str,
    lonely: LocalCluster,
    start_worker: Start,
    request: pytest.FixtureRequest,
) -> None:
    first = start_worker(lonely.scheduler_address)
    results = on_dask(time.sleep, {"short": 0, "long": 30}, lonely.scheduler_address)
    assert next(results)[0] == "short"
    start_worker(lonely.scheduler_address, **request.getfixturevalue(how))
    first.kill()
    with pytest.raises(BackendError, match=f"the worker tcp://.* has {found}; install it there"):
        next(results)


def test_the_scheduler_needs_no_package(
    no_package: dict[str, Any], start: Start, start_worker: Start
) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    start("dask", "scheduler", "--port", str(port), "--no-dashboard", **no_package)
    wait_until(lambda: listens(port))
    start_worker(address, PYTHONPATH=str(Path(__file__).parent))
    assert list(on_dask(square, {"a": 3}, address)) == [("a", 9)]
