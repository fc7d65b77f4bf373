"""Where the trials of a sweep run: in processes of this machine, or on a Dask cluster's workers.

Both call one function on every job and give each result as it comes, in no set order. Both end
with a `BackendError` if they cannot go on. Dask is imported only if it is asked for.

Dask is spoken to directly and not through joblib, whose Dask backend waits for ever when a trial
has lost its worker too often.
"""

from __future__ import annotations

import asyncio
import logging
import operator
import os
import pickle
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from queue import Empty, SimpleQueue
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")
R = TypeVar("R")

BACKENDS = ("processes", "dask")
"""The first is the default."""

ANSWER_SECONDS = 10
"""How long a scheduler may take to answer."""

WORKER_SECONDS = 60
"""How long a sweep without any worker waits for one before it gives up."""

PACKAGE = "cliprl-lite"

_TOGETHER = 100  # jobs sent in one message, so that it stays far below the 10 MB Dask warns of


class BackendError(RuntimeError):
    """What runs the trials cannot go on. The message says why, and what to do."""


def choose_backend(
    backend: str, workers: int = -1, scheduler: str | None = None
) -> Callable[..., Generator[tuple[str, Any], None, None]]:
    """`in_processes` or `on_dask`, ready to be called with a function and its jobs.

    Args:
        backend: a name in `BACKENDS`.
        workers: parallel processes of this machine; −1 for one per core.
        scheduler: address of the Dask scheduler, as in `"tcp://host:8786"`.

    Raises:
        ValueError: for an unknown name, or an option that is the other backend's.

    Example:
        >>> run = choose_backend("processes", workers=1)
        >>> dict(run(abs, {"a": -1, "b": 2}))
        {'a': 1, 'b': 2}
    """
    if backend not in BACKENDS:
        raise ValueError(f"there is no backend {backend!r}; take one of {', '.join(BACKENDS)}")
    if workers == 0 or workers < -1:
        raise ValueError(f"workers is 1 or more, or −1 for one per core; got {workers}")
    if backend == "processes":
        if scheduler is not None:
            raise ValueError("a scheduler is for the backend 'dask'; choose that one, or give none")
        return partial(in_processes, workers=workers)
    if scheduler is None:
        raise ValueError("the backend 'dask' needs a scheduler, as in tcp://host:8786")
    if workers != -1:
        raise ValueError(
            "with the backend 'dask' the cluster's workers do the work; give no number of them"
        )
    return partial(on_dask, scheduler=scheduler)


def in_processes(
    function: Callable[[T], R], jobs: Mapping[str, T], workers: int = -1
) -> Generator[tuple[str, R], None, None]:
    """Name and result of every job, from processes of this machine.

    Args:
        function: called once per job.
        jobs: the jobs by their names.
        workers: how many processes; −1 for one per core. With 1 it is this process.

    Raises:
        BackendError: if one of the processes was killed, or if they have to keep their files in a
            folder whose name is not all ASCII, which joblib cannot.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    count = (os.cpu_count() or 1) if workers < 0 else workers
    run = Parallel(n_jobs=min(count, max(len(jobs), 1)), return_as="generator_unordered")
    try:
        yield from run(delayed(_named)(name, function, job) for name, job in jobs.items())
    except TerminatedWorkerError as error:
        raise BackendError(
            "a worker process was killed, as the system does when memory runs out: "
            "try fewer workers"
        ) from error
    except UnicodeEncodeError as error:
        if "joblib_memmapping_folder" not in str(error.object):  # the error is a job's own
            raise
        folder = os.environ.get("JOBLIB_TEMP_FOLDER") or gettempdir()
        raise BackendError(
            f"worker processes cannot keep their files in {folder}, since its name has letters "
            "beyond ASCII: set JOBLIB_TEMP_FOLDER to a folder without them, or take one worker"
        ) from error


def _named(name: str, function: Callable[[T], R], job: T) -> tuple[str, R]:
    return name, function(job)


def on_dask(
    function: Callable[[T], R], jobs: Mapping[str, T], scheduler: str
) -> Generator[tuple[str, R], None, None]:
    """Name and result of every job, from the workers of a Dask cluster.

    Workers may come and go: what a lost one was doing, another one does. All of them must have this
    version of the package; the scheduler needs only Dask. Without jobs no cluster is needed.

    Args:
        function, jobs: as for `in_processes`; those named first begin first.
        scheduler: its address, as in `"tcp://host:8786"`.

    Raises:
        BackendError: if Dask is not installed, no scheduler answers, no worker is there for
            `WORKER_SECONDS`, one has another version of this package, the scheduler is lost, or
            a job lost its worker too often (four times, unless the scheduler is set otherwise).
    """
    if not jobs:
        return
    with _cluster(scheduler) as client:
        from distributed import KilledWorker
        from toolz import compose

        # A worker unpickles a message as soon as it arrives, and ends if it cannot. So a job is
        # sent as bytes, which its task unpickles: an error there is an error of the task.
        sweep, here = f"trial-{uuid4().hex}", version(PACKAGE)
        futures = client.map(
            compose(operator.call, pickle.loads),
            [pickle.dumps(partial(_on_worker, function, job, here)) for job in jobs.values()],
            key=[(sweep, name) for name in jobs],
            batch_size=_TOGETHER,
        )
        ready: SimpleQueue[Future[Any]] = SimpleQueue()
        for future in futures:
            future.add_done_callback(ready.put)
        names = dict(zip(futures, jobs, strict=True))
        while names:
            try:
                future = ready.get(timeout=ANSWER_SECONDS)
            except Empty:  # go on waiting as long as there is somebody to do it
                _await_worker(client, scheduler)
                continue
            name = names.pop(future)
            try:
                result = future.result()
            except KilledWorker as error:
                raise BackendError(
                    f"{name} lost its worker {error.allowed_failures + 1} times, as happens when "
                    "memory runs out: start fewer workers on a machine"
                ) from error
            except ImportError as error:
                _check_versions(client)  # names the worker at fault, if it is still there
                raise BackendError(f"a worker cannot import what {name} needs: {error}") from error
            future.release()  # else Dask would do it again if the worker that holds it were lost
            yield name, result


def _on_worker(function: Callable[[T], R], job: T, expected: str) -> R:
    if version(PACKAGE) != expected:  # a worker that joined after the check of the others
        raise ImportError(f"{PACKAGE} {expected}")
    return function(job)


@contextmanager
def _cluster(scheduler: str) -> Iterator[Client]:
    """A client of the scheduler, with a worker to begin with; closed at the end."""
    try:
        from distributed import Client
        from distributed.comm.core import CommClosedError
    except ImportError as error:
        raise BackendError(
            "the backend 'dask' needs Dask, which is not installed; install it by: "
            'python -m pip install "cliprl-lite[cluster]"'
        ) from error
    with ThreadPoolExecutor(1) as thread:  # a notebook's own thread has an event loop already
        try:
            kind = thread.submit(asyncio.run, _kind(scheduler)).result()
        except Exception as error:  # whatever listens there may answer anything
            raise BackendError(
                f"no Dask scheduler answers at {scheduler} within {ANSWER_SECONDS} s "
                f"({str(error) or type(error).__name__}); check the address, and that it runs"
            ) from error
    if kind != "Scheduler":
        raise BackendError(f"{scheduler} is the address of a {kind}; give the scheduler's")
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)  # of a lost scheduler it shows a traceback; we raise one line
    try:
        with Client(scheduler, timeout=ANSWER_SECONDS, set_as_default=False) as client:
            _await_worker(client, scheduler)
            _check_versions(client)
            yield client
    except (CancelledError, CommClosedError) as error:
        raise _lost(scheduler) from error
    finally:
        log.setLevel(level)


async def _kind(address: str) -> str:
    """What a Dask server says it is. `Client` itself would wait for ever for one that is silent."""
    from distributed import Security, rpc

    secrets = Security().get_connection_args("client")
    async with (
        asyncio.timeout(ANSWER_SECONDS),
        rpc(address, timeout=ANSWER_SECONDS, connection_args=secrets) as server,
    ):
        return str((await server.identity())["type"])


def _check_versions(client: Client) -> None:
    """Raise for a worker that has another version of this package, or none."""
    expected = version(PACKAGE)
    for address, found in client.run(version, PACKAGE, on_error="return").items():
        if isinstance(found, PackageNotFoundError):
            found = "none"
        elif not isinstance(found, str):  # the error of a worker that was lost just now
            continue
        if found != expected:
            raise BackendError(
                f"the worker {address} needs {PACKAGE} {expected}, as it is here, and has {found}; "
                "install it there and start the worker anew"
            )


def _await_worker(client: Client, scheduler: str) -> None:
    """Return once there is a worker; raise if there is none for too long."""
    from tqdm import tqdm

    try:
        if not client.nthreads():
            notice = f"{scheduler} has no worker; waiting {WORKER_SECONDS} s for one"
            tqdm.write(notice, file=sys.stderr)
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError as error:
        raise BackendError(
            f"{scheduler} had no worker for {WORKER_SECONDS} s; "
            f"start one with: dask worker {scheduler} --nthreads 1"
        ) from error
    except OSError as error:
        raise _lost(scheduler) from error


def _lost(scheduler: str) -> BackendError:
    return BackendError(
        f"the scheduler {scheduler} was stopped or restarted, or the network failed"
    )
