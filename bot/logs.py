"""Logs: one line per thing on stderr, JSON unless a person watches, and nothing in them that looks like a secret."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

from core.masking import mask_text

# structlog looks for rich to draw tracebacks with, and for greenlet to count those as threads. Our lines are JSON or plain,
# and greenlets we have none; loaded they would cost a server 5 MB. So it finds neither, unless somebody loaded them before.
_UNWANTED: Final = [name for name in ("greenlet", "rich") if name not in sys.modules]
sys.modules.update(dict.fromkeys(_UNWANTED))  # type: ignore[arg-type]  # None: what the import system takes for "there is none"
import structlog  # noqa: E402 - see above
from structlog.typing import EventDict, WrappedLogger  # noqa: E402

for name in _UNWANTED:
    del sys.modules[name]

OURS: Final = frozenset({"level", "timestamp", "reference", "route", "ms"})
"""What we say ourselves and nobody else has a hand in: not searched for secrets, once per request answered."""


def _masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value if key in OURS else _mask(value) for key, value in event.items()}


def _mask(value: Any) -> Any:
    return mask_text(value) if isinstance(value, str) else value


def configure(*, level: int = logging.INFO) -> None:
    """Once, by whoever starts the process."""
    watched = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _masked,
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if watched
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[_without_meta, renderer], foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _without_meta(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, method, event)
