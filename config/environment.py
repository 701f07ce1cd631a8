"""What may be set from outside: one typed list, read from the environment, with defaults that run.

docs/operating.md shows the same list; a test compares them.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(BaseSettings):
    """What may be set from outside, and what it means."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, validate_default=True)

    PORT: int = Field(8000, ge=1, le=65535, description="Port of the web server.")
    HOST: str = Field("127.0.0.1", description="Address the web server listens on; 0.0.0.0 for all.")
    PUBLIC_URL: str = Field(
        "",
        description="Address people type, such as https://alerts.example.com. With https, cookies are secure, "
        "plain requests are redirected and browsers are told to stay on https. Empty: http://localhost:PORT.",
    )
    ALLOWED_HOSTS: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further host names to answer to, with commas between; PUBLIC_URL's and this machine's always are.",
    )
    DEBUG: bool = Field(
        False, description="Tracebacks on error pages and no caching of templates. Never in production."
    )
    SECRET_KEY: str = Field(
        "",
        description="Signs sessions and links, and keys the draw of audits. Empty: made once, kept in the data folder.",
    )
    SECRET_KEY_FALLBACKS: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Former secret keys, with commas between, still accepted while a key is rotated."
    )
    ALERTLOOP_DATA: Path = Field(BASE_DIR / ".data", description="Data folder: embedded database and generated keys.")
    DATABASE_URL: str = Field(
        "", description="PostgreSQL 15 or newer, postgresql://user:password@host:5432/name. Empty: the embedded one."
    )
    DEMO: bool = Field(
        True, description="`make run` fills an empty database with the demo workspace; 0: leaves it empty."
    )
    DATABASE_POOL_MAX: int = Field(8, ge=0, description="Connections a web process keeps at most; 0: no pool.")
    CELERY_BROKER_URL: str = Field(
        "", description="amqp://... (RabbitMQ) or redis://... for several machines. Empty: queues inside PostgreSQL."
    )
    WEB_PROCESSES: int = Field(2, ge=1, description="Web server processes.")
    WEB_THREADS: int = Field(4, ge=1, description="Requests each web process answers at the same time.")
    WORKER_PROCESSES: int = Field(2, ge=1, description="Tasks the background worker runs at the same time.")
    TIME_ZONE: str = Field("Asia/Shanghai", description="Time zone of pages; everything is stored in UTC.")
    LANGUAGE_CODE: str = Field("en", description="Language where the browser asks for neither: en or zh-hans.")
    LOG_FORMAT: str = Field("console", pattern="^(console|json)$", description="Log lines for people or as JSON.")
    LOG_LEVEL: str = Field("INFO", description="Least important level that is logged: DEBUG, INFO, WARNING, ERROR.")
    METRICS_TOKEN: str = Field(
        "", description="Bearer token that /metrics asks for. Empty: only this machine may read it."
    )
    TRUSTED_PROXIES: int = Field(
        0, ge=0, description="Reverse proxies in front that set X-Forwarded-For and X-Forwarded-Proto."
    )
    API_MAX_BODY_BYTES: int = Field(5_000_000, ge=1, description="Largest request body of the API; above it, 413.")
    API_MAX_BATCH: int = Field(1_000, ge=1, description="Most alerts in one batch; above it, 413.")
    API_RATE_PER_MINUTE: int = Field(
        6_000, ge=1, description="Alerts a minute that one scorer's key may post; above, 429."
    )
    API_BURST: int = Field(2_000, ge=1, description="Alerts that one scorer's key may post at once after a quiet time.")
    CHECK_SHARE: float = Field(
        0.04,
        ge=0,
        le=1,
        description="Share of what a rep's or labeler's next brings that was settled before: a check; "
        "five times as much while little is known of them or much is doubted.",
    )
    READY_MAX_BEHIND: int = Field(
        500, ge=0, description="/readyz fails when the learner is more verdicts than this behind, in any queue."
    )
    READY_MAX_SILENCE_SECONDS: float = Field(
        60.0, gt=0, description="/readyz fails when no worker has shown a sign of life for longer."
    )

    @field_validator("ALLOWED_HOSTS", "SECRET_KEY_FALLBACKS", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @property
    def public_url(self) -> str:
        """PUBLIC_URL without a closing slash, or this machine's own."""
        return self.PUBLIC_URL.rstrip("/") or f"http://localhost:{self.PORT}"


def _read() -> Environment:
    try:
        return Environment()
    except ValidationError as error:
        wrong = (f"  {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SystemExit("\n".join(["The environment has settings that cannot be used:", *wrong])) from None


env = _read()
