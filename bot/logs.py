"""Logs: one line per thing on stderr, JSON unless a person watches, and nothing in them that looks like a secret."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import Any, Final

from core.masking import mask_text

# structlog draws tracebacks with rich where it finds that: 4 MB, for lines that are JSON, and tracebacks that are plain.
# So it finds none. Whoever starts a server loads this module before any that logs.
_RICH: Final[ModuleType | None] = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # what the import system takes for "none"
import structlog  # noqa: E402 - see above
from structlog.typing import EventDict, WrappedLogger  # noqa: E402

if _RICH is None:
    del sys.modules["rich"]

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
