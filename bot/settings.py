"""The only reader of the environment: every setting, its default, and what is missing said in a sentence.

Environment variables win over a TOML file (`--config`), both over defaults. An unknown `COUNTERSIGN_` name is an
error, so that a misspelt safety setting never passes for its default. Secrets never print.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings_problem import SettingsProblem

PREFIX: Final = "COUNTERSIGN_"
CLIENT_ONLY: Final = frozenset({"COUNTERSIGN_URL", "COUNTERSIGN_TOKEN", "COUNTERSIGN_AUDIENCE"})
"""Read by the client, which reads its own environment; no settings of the server."""


Words = Annotated[tuple[str, ...], NoDecode]
"""Several words, with commas between them in the environment, a list in TOML."""


class Settings(BaseSettings):
    """DESIGN §11, name by name. `COUNTERSIGN_` stands before the names here, but not before Slack's own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, validate_by_name=True
    )

    database_url: SecretStr = SecretStr("sqlite:///countersign.db")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 3000
    base_url: str | None = None
    admins: Words = ()
    allowed_email_domains: Words = ()
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_email_claim: str = "email"
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    signing_key: SecretStr | None = None
    pepper: SecretStr | None = None
    install: Literal["closed", "invite", "open"] = "closed"
    allow_private_addresses: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    rate_limit: Annotated[float, Field(ge=0, le=100_000)] = 50
    rate_burst: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    mcp: bool = False
    mcp_hosts: Words = ()
    mcp_origins: Words = ()
    slack_bot_token: Annotated[SecretStr | None, Field(validation_alias="SLACK_BOT_TOKEN")] = None
    slack_app_token: Annotated[SecretStr | None, Field(validation_alias="SLACK_APP_TOKEN")] = None
    slack_signing_secret: Annotated[SecretStr | None, Field(validation_alias="SLACK_SIGNING_SECRET")] = None
    slack_client_id: Annotated[str | None, Field(validation_alias="SLACK_CLIENT_ID")] = None
    slack_client_secret: Annotated[SecretStr | None, Field(validation_alias="SLACK_CLIENT_SECRET")] = None
    slack_api_url: Annotated[str, Field(validation_alias="SLACK_API_URL")] = "https://slack.com/api/"

    @field_validator("admins", "allowed_email_domains", "mcp_hosts", "mcp_origins", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return _split(value.lower()) if isinstance(value, str) else value

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _not_the_other(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Two tokens lie side by side where they are taken from; swapped, Slack would say no more than that one is wrong."""
        mine, other = ("xoxb-", "xapp-") if info.field_name == "slack_bot_token" else ("xapp-", "xoxb-")
        if value is not None and value.get_secret_value().startswith(other):
            raise PydanticCustomError(
                "swapped", f"it begins with {other}, and should be the one that begins with {mine}"
            )
        return value

    @field_validator("admins")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address) for address in value):
            raise PydanticCustomError("addresses", "it should be e-mail addresses, with commas between them")
        return value

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        return _split(value) if isinstance(value, str) else value

    @field_validator("allow_private_addresses", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        return [_network(part) for part in (_split(value) if isinstance(value, str) else value)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment above what is passed in, which is the file's."""
        return (init_settings,) if issubclass(settings_cls, FixedSettings) else (env_settings, init_settings)

    @property
    def url(self) -> str:
        """Where people and links reach this server."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def many_workspaces(self) -> bool:
        """Whether others may be installed through OAuth."""
        return self.slack_client_id is not None and self.slack_client_secret is not None

    @property
    def serves_slack(self) -> bool:
        return self.slack_bot_token is not None or self.many_workspaces

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file, None for PostgreSQL and for a database in memory."""
        address = self.database_url.get_secret_value()
        _, found, path = address.partition("sqlite:///")
        return Path(path) if found and path and not path.startswith(":") else None


class FixedSettings(Settings):
    """Settings given in code alone: the sandbox's and the tests' never touch what the environment names."""


def _split(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.replace("\n", ",").split(",")) if word)


def _network(written: Any) -> IPv4Network | IPv6Network:
    try:
        return ip_network(written)
    except ValueError:
        wanted = "it should be networks like 10.1.0.0/16 or 192.168.7.9, with commas between them"
        raise PydanticCustomError("network", wanted) from None


def _names() -> frozenset[str]:
    return frozenset(PREFIX + name.upper() for name in Settings.model_fields if not name.startswith("slack_"))


def load(config: Path | None = None) -> Settings:
    """Settings from the environment and, below it, a TOML file. `SettingsProblem` says what to mend."""
    strangers = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in _names() | CLIENT_ONLY)
    if strangers:
        raise SettingsProblem(f"{_and(strangers)} is no setting of Countersign; check the spelling. {_offer()}")
    try:
        return Settings(**_from_file(config))
    except ValidationError as problem:
        raise SettingsProblem(_sentence(problem)) from None


def _from_file(config: Path | None) -> dict[str, Any]:
    """Keys as in the environment, prefix optional, in any case: `port`, `COUNTERSIGN_PORT`, `slack_bot_token`."""
    if config is None:
        return {}
    try:
        table = tomllib.loads(config.read_text("utf-8"))
    except OSError as problem:
        raise SettingsProblem(f"{config} cannot be read: {problem.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsProblem(f"{config} is not TOML: {problem}.") from None
    return {_field(key, config): value for key, value in table.items()}


def _field(key: str, config: Path) -> str:
    name = key.lower().removeprefix(PREFIX.lower())
    if name not in Settings.model_fields:
        raise SettingsProblem(f"'{key[:60]}' in {config} is no setting of Countersign; check the spelling. {_offer()}")
    return name.upper() if name.startswith("slack_") else name


def _offer() -> str:
    return f"There are {', '.join(sorted(_names()))} and Slack's own."


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)


def _sentence(problem: ValidationError) -> str:
    """Which setting, and what it should be; never what it is."""
    error = problem.errors(include_input=False, include_url=False)[0]
    name = str(error["loc"][0])
    called = name if name.startswith("SLACK_") else PREFIX + name.upper()
    return f"{called}: {error['msg'][:1].lower()}{error['msg'][1:]}."


# ------------------------------------------------------------------------------------------------------------ keys


class Keys(BaseModel):
    """The server's own secrets: several encryption keys (the first one encrypts), a signing key, a pepper."""

    encryption: tuple[SecretStr, ...]
    signing: SecretStr
    pepper: SecretStr

    @field_validator("encryption", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return _split(value) if isinstance(value, str) else value


_NEEDED: Final = {"encryption": "ENCRYPTION_KEYS", "signing": "SIGNING_KEY"}


def keys_for(settings: Settings) -> Keys:
    """Those configured; what is missing is made on first start and kept beside a SQLite file, readable by its owner.

    Servers that share a PostgreSQL must be told. Without a pepper of its own theirs follows from the signing key.
    """
    given = _given(settings)
    address = settings.database_url.get_secret_value()
    if address.startswith("sqlite"):
        kept = _fresh() if settings.sqlite_file is None else _kept(keys_file(settings.sqlite_file), given)
        return _good_keys({**kept, **given})
    missing = [PREFIX + name for key, name in _NEEDED.items() if key not in given]
    if missing:
        raise SettingsProblem(
            f"With PostgreSQL, which several servers share, {_and(missing)} must be set. Make one with: "
            "python3 -c 'import base64,secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"
        )
    return _good_keys({"pepper": _derived(settings), **given})


def _kept(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What the file holds, where every key that is not given must be."""
    try:
        found = _read_or_make(path)
    except OSError as problem:
        raise SettingsProblem(
            f"This server's keys cannot be kept in {path} ({problem.strerror}); "
            "let it write there, or name another place in COUNTERSIGN_DATABASE_URL."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsProblem(f"{path} is no TOML; bring it back from a backup. {_LOST}") from None
    wrong = [name for name in Keys.model_fields if name not in given and not _is_said(found.get(name))]
    if wrong:
        raise SettingsProblem(f"{path} has no {_and(wrong)}; bring it back from a backup. {_LOST}")
    return found


_LOST: Final = "With new keys whatever was made by the old ones, like API keys and receipts, would be good no longer."


def _is_said(value: Any) -> bool:
    """Text, or several."""
    several = value if isinstance(value, list) else [value]
    return bool(several) and all(isinstance(one, str) and one.strip() for one in several)


def _good_keys(values: dict[str, Any]) -> Keys:
    """Pydantic's own words would hold the keys."""
    try:
        keys = Keys.model_validate(values)
    except ValidationError as problem:
        wrong = str(problem.errors(include_input=False, include_url=False)[0]["loc"][0])
        raise SettingsProblem(f"The key {wrong} must be text.") from None
    for key in (*keys.encryption, keys.signing, keys.pepper):
        key_bytes(key)
    return keys


def _given(settings: Settings) -> dict[str, Any]:
    values = {"encryption": settings.encryption_keys, "signing": settings.signing_key, "pepper": settings.pepper}
    return {name: value for name, value in values.items() if value}


def _derived(settings: Settings) -> str:
    signing = b"" if settings.signing_key is None else key_bytes(settings.signing_key)
    return base64.b64encode(hmac.new(signing, b"countersign pepper", hashlib.sha256).digest()).decode()


def keys_file(database: Path) -> Path:
    return database.with_name(database.name + ".keys")


def _read_or_make(path: Path) -> dict[str, Any]:
    """Two first starts at once agree: the file is made whole under another name and linked only if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("".join(f'{name} = "{value}"\n' for name, value in _fresh().items()))
            file.flush()
            os.fsync(file.fileno())
        _link(draft, path)
    if path.stat().st_mode & 0o077:
        raise SettingsProblem(f"{path} holds this server's secrets and others can read it; run: chmod 600 {path}")
    return tomllib.loads(path.read_text("utf-8"))


def _link(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _fresh() -> dict[str, Any]:
    return {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in Keys.model_fields}


def key_bytes(secret: SecretStr) -> bytes:
    """A key as configured: base64 of at least 16 bytes, or any text of at least 32 characters."""
    text = secret.get_secret_value()
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) >= 16:
        return raw
    if len(text) < 32:
        raise SettingsProblem("A key is too short; use base64 of 32 random bytes.")
    return text.encode()
