"""Where settings come from, what is refused, and what never shows."""

import stat
from pathlib import Path

import pytest

from bot.settings import FixedSettings, keys_file, keys_for, load
from bot.settings_problem import SettingsProblem

SLACK_TOKEN = "xoxb-1234567890-abcdefghij"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "ADMINS", "DATABASE_URL", "BASE_URL"):
        monkeypatch.delenv(f"COUNTERSIGN_{name}", raising=False)


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "c.toml"
    config.write_text('port = 4000\nCOUNTERSIGN_HOST = "::1"\nadmins = ["ada@example.com"]\n')
    monkeypatch.setenv("COUNTERSIGN_PORT", "5000")
    settings = load(config)
    assert (settings.port, settings.host, settings.admins) == (5000, "::1", ("ada@example.com",))
    assert settings.install == "closed"


def test_several_words_have_commas_between_them_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_ADMINS", "Ada@Example.com, ben@example.com")
    assert load().admins == ("ada@example.com", "ben@example.com")


def test_an_unknown_name_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("prot = 4000\n")
    with pytest.raises(SettingsProblem, match="'prot'"):
        load(config)
    monkeypatch.setenv("COUNTERSIGN_PROT", "4000")
    with pytest.raises(SettingsProblem, match="COUNTERSIGN_PROT"):
        load()


def test_a_wrong_value_is_named_but_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_PORT", SLACK_TOKEN)
    with pytest.raises(SettingsProblem, match="COUNTERSIGN_PORT") as refused:
        load()
    assert SLACK_TOKEN not in str(refused.value)


def test_who_shall_be_an_admin_is_named_by_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_ADMINS", "ada@example.com, ben")
    with pytest.raises(SettingsProblem, match="COUNTERSIGN_ADMINS: it should be e-mail addresses"):
        load()


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", SLACK_TOKEN)
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "postgresql://me:hunter2@db/x")
    printed = f"{load()!r} {load()}"
    assert SLACK_TOKEN not in printed
    assert "hunter2" not in printed


def test_settings_given_in_code_leave_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_PORT", "5000")
    assert FixedSettings(port=1).port == 1
    assert FixedSettings().port == 3000


def test_keys_are_made_once_beside_the_file_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    settings = FixedSettings.model_validate({"database_url": f"sqlite:///{tmp_path / 'x.db'}"})
    first = keys_for(settings)
    kept = keys_file(tmp_path / "x.db")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert keys_for(settings) == first
    assert [path.name for path in tmp_path.iterdir()] == ["x.db.keys"]
    kept.chmod(0o644)
    with pytest.raises(SettingsProblem, match="chmod 600"):
        keys_for(settings)


def test_servers_that_share_a_database_must_be_told_their_keys() -> None:
    with pytest.raises(SettingsProblem, match="COUNTERSIGN_ENCRYPTION_KEYS and COUNTERSIGN_SIGNING_KEY"):
        keys_for(FixedSettings.model_validate({"database_url": "postgresql://db/x"}))


def test_without_a_pepper_servers_with_one_signing_key_have_the_same() -> None:
    given = {"database_url": "postgresql://db/x", "encryption_keys": ["e" * 32]}
    one, same, other = (
        keys_for(FixedSettings.model_validate({**given, "signing_key": key})).pepper
        for key in ("a" * 32, "a" * 32, "b" * 32)
    )
    assert one == same != other
