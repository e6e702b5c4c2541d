"""What looks like a secret is hidden wherever something is shown; what merely looks random stays readable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.cards import details
from bot.slack.cards import request as card
from bot.slack.drawing import samples
from bot.slack.drawing.wording import changes
from core.masking import HIDDEN, is_secret_name, mask, mask_path, mask_text

A = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"
HEX = "0123456789abcdef0123456789abcdef"

# Put together here, so that no scanner takes this file for a leak.
TOKENS = [
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "ghp" + "_" + A,
    "ghs" + "_" + A,
    "github" + "_pat_" + A,
    "glpat" + "-" + A,
    "xoxb" + "-1234567890-" + A,
    "xoxe" + ".xoxp-1-" + A,
    "xapp" + "-1-A0-123-" + A,
    "https://hooks.slack.com/services/" + "T0/B0/" + A,
    "sk_live" + "_" + A,
    "whsec" + "_" + A,
    "csk" + "_" + A,
    "cst" + "_" + A,
    "sk-" + A,
    "sk-ant-" + "api03-" + A,
    "AIza" + A + "xyz",
    "ya29" + "." + A,
    "hf" + "_" + A,
    "npm" + "_" + A,
    "pypi-" + "AgEIcHlwaS5vcmc" + A,
    "SG" + "." + A + "." + A,
    "SK" + HEX,
    "dop_v1" + "_" + HEX + HEX,
    "hvs" + "." + A,
    "ATATT3" + A,
    "shpat" + "_" + HEX,
    "dapi" + HEX,
    "lin_api" + "_" + A,
    "glsa" + "_" + A,
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + A,
    "-----BEGIN RSA PRIVATE KEY-----\n" + A + "\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n" + A,
    "1234567890:AA" + A,
]


@pytest.mark.parametrize("token", TOKENS)
def test_every_known_shape_is_hidden_in_any_text(token: str) -> None:
    shown = mask_text(f"before {token} after")
    assert HIDDEN in shown
    assert A[4:20] not in shown
    assert HEX[4:20] not in shown
    assert shown.startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://app:{}@db.example/x",
        "curl -H 'Authorization: Bearer {}' https://x.example",
        "password={}",
        'export DB_PASSWORD="{}"',
        "api_key: {}",
        "mysql --password={} -u root",
        "deploy --token {} now",
        '{{"client_secret": "{}"}}',
    ],
)
def test_what_is_named_a_secret_is_hidden(text: str) -> None:
    secret = "hunter2hunter2A9"
    shown = mask_text(text.format(secret))
    assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "Deploy 4f2a1c9e8b7d6a5f4e3d2c1b0a9f8e7d6c5b4a39 to production",
        "sha256:" + HEX * 2,
        "run-8f2, task-3391, req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5D",
        "https://ci.acme.example/runs/8f2?tab=plan",
        "12,000 tokens at $30",
        "The key is to restart slowly; no secret sauce.",
        "Rotate the signing key of the token service",
        "kubectl apply -f api-2.3.yaml",
        "550e8400-e29b-41d4-a716-446655440000",
        "skip-tests and sk-short",
    ],
)
def test_what_only_looks_random_stays_readable(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "apiKey",
        "api-key",
        "secret",
        "clientSecret",
        "access_token",
        "tokens",
        "private_key",
        "sessionId",
        "connection_string",
        "Authorization",
        "cookie",
        "aws_secret_access_key",
        "passphrase",
        "sshKey",
    ],
)
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "title",
        "keyboard",
        "monkey",
        "primary_key",
        "publicKey",
        "cache_key",
        "tokenizer",
        "passenger",
        "compass",
        "secretary",
        "author",
        "cost.usd",
        "destroyed",
        "idempotency_key",
        "",
    ],
)
def test_harmless_names(name: str) -> None:
    assert not is_secret_name(name)


def test_a_secret_name_hides_everything_below_it_but_numbers() -> None:
    shown = mask({"secrets": {"a": ["x", {"b": "y"}], "count": 3}, "max_tokens": 4000, "note": "plain"})
    assert shown == {"secrets": {"a": [HIDDEN, {"b": HIDDEN}], "count": 3}, "max_tokens": 4000, "note": "plain"}
    assert mask_path("params.db.password", "x") == HIDDEN
    assert mask_path("params.db.name", "x") == "x"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_masking_keeps_the_shape_and_masks_nothing_twice(value: object) -> None:
    once = mask(value)
    assert json.dumps(mask(once)) == json.dumps(once)


@given(st.text(max_size=400))
def test_masking_a_text_twice_is_masking_it_once(text: str) -> None:
    assert mask_text(mask_text(text)) == mask_text(text)


def test_a_long_hostile_text_is_masked_quickly() -> None:
    for text in (
        "password" * 20_000,
        "eyJ" + "a" * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 3_000,
        "a:" * 60_000,
        "://a:" * 30_000,
    ):
        assert mask_text(text)


def test_no_card_shows_a_secret() -> None:
    secret = "ghp" + "_" + A
    content = samples.CONTENT.__class__(
        type="deploy",
        title=f"Use {secret}",
        description=secret,
        action=f"curl -H 'Authorization: Bearer {A}'",
        params={"password": "hunter2hunter2", "nested": {"api_key": "hunter2hunter2"}},
        reasoning=secret,
        side_effects=(secret,),
        if_denied=secret,
        facts={"token": "hunter2hunter2"},
        metadata={"note": secret},
    )
    request = samples.pending(content=content, original=content)
    for shown in (card.draw(request, samples.BACKDROP).as_json(), details.draw(request, samples.BACKDROP)):
        assert A not in str(shown)
        assert "hunter2" not in str(shown)
    assert not any("hunter2" in line or A in line for line in changes(samples.CONTENT, content))
