"""A decision that was given before: what is said with it now is added as a comment, for nothing sent is dropped unsaid."""

from __future__ import annotations

from bot.slack.entrance.payload import Incoming
from bot.slack.room import Room
from bot.slack.target import Target
from core.desk import Done
from core.model.command import Comment
from core.model.people import Actor
from core.model.request import Verdict
from core.phrases import phrase


async def keep_words(
    room: Room, actor: Actor, incoming: Incoming, target: Target, done: Done, words: str | None
) -> str | None:
    """What to tell whoever said more with their stored decision than stands in it; None where nothing is to be told.

    Slack may send the same click or window again: its words are then the stored ones, or the same comment's.
    """
    if not (done.replayed and words and done.decision is not None) or done.decision.comment == words:
        return None
    await room.do_each(actor, incoming, target, (Comment(words),))
    number = done.request.number
    if done.decision.verdict is Verdict.REJECTED:
        return phrase(
            "You had rejected request #{number} before; what you say now was added as a comment.", number=number
        )
    return phrase("You had approved request #{number} before; what you say now was added as a comment.", number=number)
