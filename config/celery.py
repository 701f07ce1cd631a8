"""Celery: how tasks travel, and everything that happens by the clock.

A task is only a nudge: whatever must happen is a row that a sweep below finds again, so a broker may lose or repeat
any message. Without `CELERY_BROKER_URL` the queues are tables in the same PostgreSQL (kombu's pgmq transport).
"""

import contextlib
import os
import warnings
from typing import Any

import structlog
from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

VET_SECONDS = 15.0
SWEEP_SCORING_SECONDS, SWEEP_LABELING_SECONDS, COUNT_SECONDS, HEARTBEAT_SECONDS = 5.0, 15.0, 15.0, 10.0
REMEMBER_SECONDS = 15.0
WATCH_SECONDS, CHALLENGE_SECONDS = 60.0, 15.0

# Celery warns root against tasks that are pickled; ours are JSON, and a container often has no other user.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

# Seconds that a task may take before it is broken off; the next nudge or sweep goes on where it stopped. Far beyond
# what each needs: a ledger of a million rows is folded in minutes, and what is long is kept on the way: checkpoints,
# generations, strides. Without a limit one task that hangs would hold a process of the worker for ever.
SOFT_LIMITS = {
    "scoring.tasks.learn": 3600,
    "scoring.tasks.challenge": 3600,
    "scoring.tasks.count": 1800,
    "scoring.tasks.remember": 1800,
    "scoring.tasks.watch": 1800,
    "scoring.tasks.vet": 600,
    "scoring.tasks.sweep": 300,
    "labeling.tasks.sweep": 300,
    "labeling.tasks.fill": 1800,
    "ops.tasks.beat_heart": 30,
}
# Seconds after which a process that did not hear of it, because it is held outside Python, is killed.
GRACE_SECONDS = 120
# How soon PostgreSQL gives up what it does for a process that has hung up or died, and with it the locks.
GONE_AFTER = "10s"


def _every(seconds: float, task: str) -> dict[str, Any]:
    """An entry of the clock; a nudge that nobody took before the next one is due is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}


# All periodic work of the product.
BEAT_SCHEDULE = {
    "learn what no nudge announced": _every(SWEEP_SCORING_SECONDS, "scoring.tasks.sweep"),
    "refill questions, free old leases": _every(SWEEP_LABELING_SECONDS, "labeling.tasks.sweep"),
    "count what the leads' pages show": _every(COUNT_SECONDS, "scoring.tasks.count"),
    "remember judged alerts for the search": _every(REMEMBER_SECONDS, "scoring.tasks.remember"),
    "let challengers learn beside champions": _every(CHALLENGE_SECONDS, "scoring.tasks.challenge"),
    "watch for drift": _every(WATCH_SECONDS, "scoring.tasks.watch"),
    "look at who judged": _every(VET_SECONDS, "scoring.tasks.vet"),
    "show that clock, broker and worker run": _every(HEARTBEAT_SECONDS, "ops.tasks.beat_heart"),
}


def _libpq_quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def broker() -> dict[str, Any]:
    """Where messages go: the broker of CELERY_BROKER_URL, or tables in the database."""
    from django.conf import settings

    common = {"broker_connection_timeout": 2.0, "broker_pool_limit": 2, "worker_prefetch_multiplier": 2}
    if url := settings.CELERY_BROKER_URL:
        options: dict[str, Any] = {"visibility_timeout": 600, "socket_connect_timeout": 2.0}
        return common | {"broker_url": url, "broker_transport_options": options if url.startswith("redis") else {}}
    database = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    parts = {name: database.get(key) for name, key in names.items()} | {"port": database.get("PORT") or 5432}
    for option in ("sslmode", "sslrootcert"):  # the transport forwards the five parts above only; libpq reads these
        if value := database.get("OPTIONS", {}).get(option):
            os.environ.setdefault(f"PG{option.upper()}", str(value))
    # The transport joins the parts without quoting them: each is quoted twice, once for it and once for libpq.
    quoted = " ".join(f"{name}={_libpq_quoted(_libpq_quoted(value or ''))}" for name, value in parts.items())
    return common | {
        "broker_url": "pgmq://postgresql",  # a name for the log; conn_string is what counts
        "broker_transport_options": {
            "conn_string": quoted,
            "init_extension": False,  # a migration has installed the schema; the server may lack the extension
            "polling_interval": 0.05,  # with no long poll: 57 ms from nudge to task, where the defaults take 858 ms
            "wait_time_seconds": 0,
            "visibility_timeout": 600,
            "pool_size": 2,
            "pool_timeout": 2.0,
        },
    }


app = Celery("alertloop")
app.add_defaults(broker)
app.conf.update(
    beat_schedule=BEAT_SCHEDULE,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    enable_utc=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_queue="alertloop",
    task_ignore_result=True,
    task_publish_retry=False,
    worker_enable_remote_control=False,  # its queue names, longer than 47 characters, stop a worker on pgmq
    worker_send_task_events=False,
    worker_max_memory_per_child=600_000,  # kilobytes
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_annotations={
        task: {"soft_time_limit": seconds, "time_limit": seconds + GRACE_SECONDS}
        for task, seconds in SOFT_LIMITS.items()
    },
)
app.autodiscover_tasks()


@signals.worker_process_init.connect
def _give_way(**_: Any) -> None:
    """A page that somebody waits for comes before background work on the same machine."""
    os.nice(10)


@signals.worker_process_init.connect
def _leave_nothing_running(**_: Any) -> None:
    """What a worker that was broken off or killed had asked the database for must not hold its locks."""
    from django.db.backends.signals import connection_created

    connection_created.connect(ask_to_notice)


def ask_to_notice(connection: Any, **_: Any) -> None:
    """Have PostgreSQL look, while it works for this connection, whether anybody still waits; on Windows it cannot."""
    from django.db import DatabaseError

    with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('client_connection_check_interval', %s, false)", [GONE_AFTER])


@signals.task_failure.connect
def hang_up(**_: Any) -> None:
    """The next task begins with a new connection: a limit may have broken this one off in the middle of a query."""
    from django.db import connections

    connections.close_all()


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Connecting to this signal stops Celery from configuring logging; Django has done so."""


@signals.worker_ready.connect
def _show_life_at_once(**_: Any) -> None:
    """So that /readyz need not wait for the clock's first beat."""
    app.send_task("ops.tasks.beat_heart", retry=False)


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    """The task's log lines carry the id of the request that caused it."""
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        headers["request_id"] = request_id


@signals.task_prerun.connect
def bind_request_id(task_id: str, task: Any, **_: Any) -> None:
    """A worker's log lines name their task, and the request that caused it."""
    known = {"task": task.name, "task_id": task_id, "request_id": getattr(task.request, "request_id", None)}
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**{name: value for name, value in known.items() if value})


@signals.task_postrun.connect
def _forget_request_id(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
