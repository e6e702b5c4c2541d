"""What docs/webhooks.md tells receivers to do is what works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from bot.webhook.signature import new_secret, signed
from core.model.endpoint import ANNOUNCED

DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
BODY = b'{"type":"request.approved","title":"\xc3\xa4"}'


def block(language: str, holding: str) -> str:
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL) if holding in text]
    assert len(found) == 1
    return str(found[0])


def cases() -> list[tuple[str, dict[str, str], bytes, bool]]:
    """Secret, headers, body, and whether that is ours."""
    secret, other, now = new_secret(), new_secret(), time.time()
    good = signed([secret], "evt_1", now, BODY)
    return [
        (secret, good, BODY, True),
        (secret, signed([other, secret], "evt_1", now, BODY), BODY, True),
        (secret, signed([other], "evt_1", now, BODY), BODY, False),
        (secret, good, BODY + b" ", False),
        (secret, good | {"webhook-id": "evt_2"}, BODY, False),
        (secret, good | {"webhook-signature": "v1,"}, BODY, False),
        (secret, good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}, BODY, False),
        (secret, signed([secret], "evt_1", now - 600, BODY), BODY, False),
    ]


def test_the_python_in_the_document_tells_ours_from_others() -> None:
    """E-96"""
    names: dict[str, Any] = {}
    exec(block("python", "def is_ours"), names)  # noqa: S102 - the document's own words
    assert [names["is_ours"](*case[:3]) for case in cases()] == [case[3] for case in cases()]


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_javascript_in_the_document_tells_ours_from_others() -> None:
    """E-96"""
    given = cases()
    sent = [[secret, headers, body.decode()] for secret, headers, body, _ in given]
    program = (
        block("js", "function isOurs")
        + f"\nconst cases = {json.dumps(sent)};\n"
        + "console.log(JSON.stringify(cases.map(([s, h, b]) => isOurs(s, h, Buffer.from(b)))));"
    )
    ran = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(ran.stdout) == [case[3] for case in given]


def test_every_event_is_in_the_document() -> None:
    table = DOCUMENT[DOCUMENT.index("| event | when |") : DOCUMENT.index("A refused click")]
    for word in ANNOUNCED:
        kind, _, rest = word.partition(".")
        assert f"`{word}`" in table or (f"`{kind}." in table and f"`.{rest}`" in table), word
