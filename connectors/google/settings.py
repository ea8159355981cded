"""Credentials and endpoints of Google, from ACTIVATOR_GOOGLE__… (see activator.config.settings)."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from activator.config.settings import SettingsSection
from connectors.google.version import DATA_MANAGER_ENDPOINT, GOOGLE_ADS_ENDPOINT, OPERATIONS_DAY, POLL_SECONDS_FIRST

PREFIX = "ACTIVATOR_GOOGLE__"


def _host_port(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?", value):
        message = "expected host:port without a scheme, e.g. googleads.googleapis.com:443"
        raise ValueError(message)
    return value if re.search(r":[0-9]+$", value) and not value.endswith("]") else f"{value}:443"


def _customer_id(value: str) -> str:
    digits = value.replace("-", "")
    if not re.fullmatch(r"[0-9]{10}", digits):
        message = "expected the ten digits of a Google Ads account, e.g. 123-456-7890"
        raise ValueError(message)
    return digits


HostPort = Annotated[str, AfterValidator(_host_port)]
CustomerId = Annotated[str, AfterValidator(_customer_id)]


class GoogleSettings(SettingsSection):
    """How to reach Google, and as whom."""

    endpoint: HostPort = Field(default=GOOGLE_ADS_ENDPOINT, description="Google Ads API, host:port, gRPC over TLS")
    data_manager_endpoint: HostPort = Field(
        default=DATA_MANAGER_ENDPOINT, description="Data Manager API, host:port, gRPC over TLS"
    )
    credentials_file: Path | None = Field(
        default=None,
        description="Service account or authorized_user JSON (with refresh_token); its token_uri is honoured",
    )
    login_customer_id: CustomerId | None = Field(
        default=None, description="Manager account whose access is used; leave it out for direct access"
    )
    developer_token: SecretStr | None = Field(
        default=None, description="Sent when given; Google has ignored it since 2026-09-09"
    )
    ca_file: Path | None = Field(default=None, description="PEM file of root certificates to trust instead of gRPC's")
    api_version: Literal["v26", "v25", "v24", "v23"] = Field(default="v26", description="Google Ads API version")
    proxy: SecretStr | None = Field(default=None, description="HTTP proxy for both APIs and the token endpoint")
    token_timeout_seconds: float = Field(default=30.0, gt=0, le=300)
    read_timeout_seconds: float = Field(default=120.0, gt=0, le=900, description="Per call that only reads")
    write_timeout_seconds: float = Field(default=120.0, gt=0, le=900, description="Per call that changes something")
    settle_wait_seconds: float = Field(
        default=60.0, ge=0, le=86_400, description="How long `apply` waits for processing before leaving it to later"
    )
    poll_first_seconds: float = Field(
        default=POLL_SECONDS_FIRST, gt=0, le=86_400, description="First wait before asking for an upload's status"
    )
    daily_operations: int = Field(
        default=OPERATIONS_DAY,
        ge=0,
        le=10_000_000,
        description="Google Ads operations a day the Cloud project has: Explorer 2,880, Basic 15,000; 0: no limit",
    )
