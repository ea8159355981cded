"""Credentials and endpoint of the Graph API: ACTIVATOR_META__..., from environment, `.env` or secret files."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from activator.config.settings import SettingsSection, load_settings
from connectors.meta.version import API_VERSION

PREFIX = "ACTIVATOR_META__"


class MetaSettings(SettingsSection):
    """What a call to the Graph API needs. Nothing of it is ever printed."""

    graph_url: str = Field(
        default="https://graph.facebook.com",
        pattern=r"^https?://[^\s?#]+$",
        description="Base of every Graph call, without version; another server that behaves like it works too",
    )
    access_token: SecretStr = Field(description="Token of a system user with ads_management on the account")
    app_id: str | None = Field(default=None, pattern=r"^[0-9]+$", description="App the token belongs to; checked only")
    app_secret: SecretStr | None = Field(default=None, description="Adds appsecret_proof to every call")
    ca_file: Path | None = Field(default=None, description="CA bundle (PEM) instead of the one Meta's SDK ships")
    proxy: SecretStr | None = Field(default=None, description="HTTP proxy URL; the environment's proxies are ignored")
    api_version: str = Field(default=API_VERSION, pattern=r"^v[0-9]+\.[0-9]+$")
    connect_timeout_seconds: float = Field(default=5, gt=0, le=300)
    read_timeout_seconds: float = Field(default=60, gt=0, le=3600)

    @field_validator("graph_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("access_token", "app_secret")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        """A stray line end from a secret file would otherwise surface later, in a message that quotes the token."""
        if value is None:
            return None
        text = value.get_secret_value().strip()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            message = "must be one line of printable ASCII characters without spaces"
            raise ValueError(message)
        return SecretStr(text)

    @field_validator("ca_file")
    @classmethod
    def _exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            message = "is not a file"
            raise ValueError(message)
        return value


def load(project_dir: Path) -> MetaSettings:
    """The settings of this machine. Raises ConfigurationError naming the variable."""
    return load_settings(MetaSettings, project_dir, PREFIX)
