"""How gunicorn serves the product: a few processes with a few threads each, sharing what is loaded before they fork."""

import gc
import os
from typing import TYPE_CHECKING

from prometheus_client import multiprocess

from config import logs
from config.environment import env

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

bind = f"{env.HOST}:{env.PORT}"
worker_class = "gthread"
workers = env.WEB_PROCESSES
threads = env.WEB_THREADS
preload_app = True  # the libraries' memory is shared, and they are imported once
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests = 50_000
max_requests_jitter = 5_000
control_socket_disable = True
forwarded_allow_ips = "*" if env.TRUSTED_PROXIES else "127.0.0.1"
logconfig_dict = logs.settings(env.LOG_FORMAT, env.LOG_LEVEL)
accesslog = None  # ops.middleware writes one line a request, with its id


def when_ready(_server: "Arbiter") -> None:
    """Just before the processes fork: what was loaded is shared memory and no garbage.

    Collections then look only at what requests make, and wait until there is more of it: a batch of 200 alerts makes
    some hundred thousand objects, and collecting took 15 % of its processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def child_exit(_server: "Arbiter", worker: "Worker") -> None:
    """Forget the gauges of a process that is gone."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
