"""Answer: the question as it was asked, and room for the answer."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.masking import mask_text
from core.model.request import Question, Request
from core.phrases import phrase
from core.veil import conceal, secrets_of


def draw(request: Request, backdrop: Backdrop, question: Question) -> Json:
    text = mask_text(conceal(question.text, secrets_of(request)))
    asked = b.quote(b.words(phrase("{question} asks: ", question=question.name), 80, "bold"), b.words(text, 2_500))
    blocks = [
        parts.title(request, "answer"),
        parts.eyebrow(request, backdrop, "answer"),
        b.rich("answer.question", asked),
        b.field("answer", phrase("Your answer"), b.text_input("text", lines=True)),
    ]
    metadata = f"{parts.target_of(request)}/{question.id}"
    return b.modal("answer", phrase("Answer"), blocks, submit=phrase("Answer"), metadata=metadata)


MEMBER = Card("answer", {"open": lambda: draw(samples.question(), samples.BACKDROP, samples.question().questions[1])})
