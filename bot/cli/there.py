"""The server, for commands that speak to one: the client, whose failures become one sentence and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from cyclopts import Parameter

from bot.cli.ending import NOT_ALLOWED, REFUSED, UNREACHABLE, USAGE, Ending, code_of_status
from countersign_client import (
    Countersign,
    CountersignError,
    NotLoggedIn,
    NotUnderstood,
    Patience,
    Refused,
    Unreachable,
    WrongAddress,
)

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Id = Annotated[str, Parameter(help="The request's id, or its number.")]

PATIENCE: Final = Patience(seconds=2)
"""A person at a terminal wants to hear soon that nobody answers."""

PIPELINE: Final = Patience(seconds=5)
"""What others wait for survives a short restart."""


@contextmanager
def server(
    url: str | None = None, patience: Patience = PATIENCE, *, letting_through: type[CountersignError] | tuple[()] = ()
) -> Iterator[Countersign]:
    """As whom, COUNTERSIGN_TOKEN or `countersign login` says."""
    with speaking(letting_through), Countersign(url, patience=patience) as client:
        yield client


@contextmanager
def speaking(letting_through: type[CountersignError] | tuple[()] = ()) -> Iterator[None]:
    """Whatever the client raises ends the command, but for what the command has an end of its own for."""
    try:
        yield
    except letting_through:
        raise
    except Unreachable as failure:
        raise Ending(_what_to_do(str(failure)), UNREACHABLE) from None
    except NotUnderstood as failure:
        raise Ending(str(failure), UNREACHABLE) from None
    except WrongAddress as failure:
        raise Ending(str(failure), USAGE) from None
    except NotLoggedIn as failure:
        raise Ending(str(failure), NOT_ALLOWED) from None
    except Refused as refusal:
        raise Ending(refusal.detail, code_of_status(refusal.status)) from None
    except CountersignError as failure:
        raise Ending(str(failure), REFUSED) from None
    except ValueError as problem:
        raise Ending(str(problem), USAGE) from None


def _what_to_do(sentence: str) -> str:
    return f"{sentence}\nSet COUNTERSIGN_URL if it is elsewhere; /healthz there answers once it is up."
