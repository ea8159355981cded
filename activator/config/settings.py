"""Credentials, endpoints and switches of this machine: environment, `.env` beside the project file, or secret files.

Prefix ACTIVATOR_, nested with `__`. Each connector declares its own section as a subclass of SettingsSection.
Nothing here ever comes from the command line, where other users of the machine could read it.
"""

import getpass
import os
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from activator.config.faults import fault_words
from activator.errors import ConfigurationError

PREFIX = "ACTIVATOR_"


class SettingsSection(BaseSettings):
    """Base of every section of settings. Unknown variables are left alone: the environment is shared."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True, env_ignore_empty=True
    )


class Settings(SettingsSection):
    """Settings of activator itself."""

    memory_limit_mb: int = Field(
        default=2048, ge=256, description="Working memory of the data engine; what does not fit goes to disk"
    )
    scratch_limit_mb: int = Field(default=0, ge=0, description="Disk the data engine may use; 0 is what is free")
    scratch_encrypted: bool = Field(
        default=True, description="Encrypt what the data engine puts on disk; false only where the disk itself does"
    )
    threads: int = Field(default=0, ge=0, description="Threads of the data engine; 0 is one per core")
    uploads_in_flight: int = Field(
        default=4, ge=1, le=16, description="Uploads under way to one destination at once; 1 sends one after the other"
    )
    ledger_url: SecretStr | None = Field(
        default=None, description="PostgreSQL database of the ledger, postgres://user:password@host/database"
    )
    person: str | None = Field(
        default=None,
        pattern=r"^[\w.@+-]{1,80}$",
        description="Who you are, for approvals and the audit log; default: your login name",
    )
    erasure_key: SecretStr | None = Field(
        default=None,
        description="Secret of erasures, 32 letters or more; default: .activator/erasure.key, made when needed",
    )
    slack_webhook_url: SecretStr | None = None
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None

    @property
    def engine_limits(self) -> tuple[int, int, int, bool]:
        """What `people.engine.open_engine` takes after the scratch folder."""
        return self.memory_limit_mb, self.threads, self.scratch_limit_mb, self.scratch_encrypted


def login_name() -> str:
    """The operating system's name of who is at work; the number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


Section = TypeVar("Section", bound=SettingsSection)


def load_settings(section: type[Section], project_dir: Path, prefix: str = PREFIX) -> Section:
    """Read one section: environment first, then `.env` in the project folder, then files in ACTIVATOR_SECRETS_DIR.

    prefix: e.g. ``ACTIVATOR_META__``; a secret file carries the variable's full name, in lower case.

    Raises:
        ConfigurationError: names the variable, never its value.
    """
    secrets = os.environ.get(f"{PREFIX}SECRETS_DIR")
    if secrets and not Path(secrets).is_dir():
        raise ConfigurationError(f"{PREFIX}SECRETS_DIR is not a folder", "Point it at the folder of secret files.")
    options: dict[str, Any] = {"_env_prefix": prefix, "_env_file": project_dir / ".env", "_secrets_dir": secrets}
    try:
        return section(**options)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        variable = prefix + "__".join(str(part) for part in first["loc"]).upper()
        what = "is not set" if first["type"] == "missing" else f"cannot be used: {fault_words(first)}"
        raise ConfigurationError(
            f"{variable} {what}", "Set it in the environment, in .env or as a secret file; see docs/reference."
        ) from None
