"""How a database of exports is reached: ACTIVATOR_SOURCES__<CONNECTION>__..., never in the project file."""

from pathlib import Path

from pydantic import Field, SecretStr

from activator.config.settings import SettingsSection, load_settings

PREFIX = "ACTIVATOR_SOURCES__"


class DatabaseSettings(SettingsSection):
    """One connection. Nothing of it is ever printed."""

    url: SecretStr = Field(description="postgres://user:password@host:port/database, duckdb:///path, or another")
    timeout_seconds: int = Field(default=600, ge=1, le=86_400, description="Longest a statement may take (PostgreSQL)")
    connect_timeout_seconds: int = Field(default=10, ge=1, le=600, description="Longest a connection may take")


def load(connection: str, project_dir: Path) -> DatabaseSettings:
    """The settings of one connection. Raises ConfigurationError naming the variable."""
    return load_settings(DatabaseSettings, project_dir, f"{PREFIX}{connection.upper()}__")
