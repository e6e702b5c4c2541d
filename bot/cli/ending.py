"""How a command ends: exit codes by kind of refusal, one sentence on stderr, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Final

from bot.settings_problem import SettingsProblem
from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound, TooSoon, Unavailable

REFUSED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
UNREAD: Final = 141
"""As the shell has it, of whoever writes where nobody reads any more: `countersign list | head -1`."""

NOT_ALLOWED: Final = 8
UNREACHABLE: Final = 9

KINDS: Final[dict[type[ApprovalError], int]] = {
    Invalid: USAGE,
    NotAllowed: NOT_ALLOWED,
    NotFound: REFUSED,
    Conflict: REFUSED,
    TooSoon: REFUSED,
    Unavailable: UNREACHABLE,
}


class Ending(Exception):
    """The command is over, with this exit code and this to say."""

    def __init__(self, sentence: str, code: int, problem: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.code, self.problem = sentence, code, problem


def ended(command: Callable[[], Any]) -> int:
    """The command's exit code; what refused it, said in a sentence."""
    try:
        outcome = command()
        sys.stdout.flush()
    except Ending as ending:
        if ending.problem is not None:
            tell(ending.problem)
        complain(ending.sentence)
        return ending.code
    except SettingsProblem as problem:
        complain(str(problem))
        return USAGE
    except ApprovalError as refusal:
        complain(refusal.sentence)
        return code_of(refusal)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else it is told again on the way out
        return UNREAD
    return outcome if isinstance(outcome, int) else 0


def code_of(error: ApprovalError) -> int:
    return next((KINDS[kind] for kind in type(error).__mro__ if kind in KINDS), REFUSED)


def code_of_status(status: int) -> int:
    """The same ends, told by a server."""
    if status in (401, 403):
        return NOT_ALLOWED
    if status in (400, 413, 422):
        return USAGE
    return UNREACHABLE if status >= 500 else REFUSED


def complain(sentence: str) -> None:
    print(f"countersign: {sentence}", file=sys.stderr)


def tell(value: Any) -> None:
    """For programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
