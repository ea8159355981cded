"""The official Google clients, connected to a sandbox over channels that trust its certificate authority."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import google.auth.transport.requests
import grpc
from google.ads import datamanager_v1 as dm
from google.ads.googleads.errors import GoogleAdsException
from google.ads.googleads.interceptors import ExceptionInterceptor, MetadataInterceptor
from google.api_core.exceptions import GoogleAPICallError
from google.auth.transport.grpc import AuthMetadataPlugin
from google.oauth2 import service_account
from google.rpc import error_details_pb2

from connectors.sandbox.oauth import SCOPES
from connectors.sandbox.server import Sandbox

GRANTED = dm.Consent(ad_user_data="CONSENT_GRANTED", ad_personalization="CONSENT_GRANTED")
ACCEPTED = dm.TermsOfService(customer_match_terms_of_service_status="ACCEPTED")


class ManualClock:
    """Time passes when a test says so."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


class GoogleClients:
    """Official service clients for one sandbox. scopes: of the access token they use."""

    def __init__(self, sandbox: Sandbox, scopes: Iterable[str] = SCOPES) -> None:
        settings = sandbox.settings()
        self.endpoint = settings["ACTIVATOR_GOOGLE__ENDPOINT"]
        roots = Path(settings["ACTIVATOR_GOOGLE__CA_FILE"]).read_bytes()
        load: Any = service_account.Credentials.from_service_account_file
        self.credentials = load(settings["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"], scopes=list(scopes))
        plugin: Any = AuthMetadataPlugin
        self._request = google.auth.transport.requests.Request()
        bearer = grpc.metadata_call_credentials(plugin(self.credentials, self._request))
        self._tls = grpc.ssl_channel_credentials(roots)
        self._channel = grpc.secure_channel(self.endpoint, grpc.composite_channel_credentials(self._tls, bearer))

    def close(self) -> None:
        self._channel.close()
        self._request.session.close()

    def ads(self, name: str, version: str = "v26", login: str | None = None) -> Any:
        """A Google Ads service, with the interceptors GoogleAdsClient itself uses."""
        make: Any = MetadataInterceptor
        explain: Any = ExceptionInterceptor
        channel = grpc.intercept_channel(self._channel, make(None, login), explain(version, use_proto_plus=True))
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
        module: Any = import_module(f"google.ads.googleads.{version}.services.services.{snake}")
        client = getattr(module, f"{name}Client")
        return client(transport=client.get_transport_class()(channel=channel))

    def lists(self) -> Any:
        return dm.UserListServiceClient(transport=self._data(dm.UserListServiceClient))

    def ingestion(self) -> Any:
        return dm.IngestionServiceClient(transport=self._data(dm.IngestionServiceClient))

    def search(self, customer: str, query: str) -> list[Any]:
        service = self.ads("GoogleAdsService")
        return [row for batch in service.search_stream(customer_id=customer, query=query) for row in batch.results]

    def mutate(self, customer: str, *operations: Mapping[str, Any], **options: Any) -> Any:
        request = {"customer_id": customer, "mutate_operations": list(operations), **options}
        return self.ads("GoogleAdsService").mutate(request=request)

    def _data(self, client: Any) -> Any:
        return client.get_transport_class("grpc")(channel=self._channel)


def code_of(error: GoogleAdsException, index: int = 0) -> str:
    """E.g. ``campaign_error.DUPLICATE_CAMPAIGN_NAME``."""
    codes = type(error.failure).pb(error.failure).errors[index].error_code
    field, number = codes.ListFields()[0]
    return f"{field.name}.{field.enum_type.values_by_number[number].name}"


def path_of(error: GoogleAdsException, index: int = 0) -> str:
    """E.g. ``mutate_operations[0].campaign_operation.create.name``."""
    elements = type(error.failure).pb(error.failure).errors[index].location.field_path_elements
    return ".".join(f"{e.field_name}[{e.index}]" if e.HasField("index") else e.field_name for e in elements)


def violations_of(error: GoogleAPICallError) -> dict[str, str]:
    """Reason by field."""
    found = [detail for detail in error.details if isinstance(detail, error_details_pb2.BadRequest)]
    return {violation.field: violation.reason for bad in found for violation in bad.field_violations}


def digest(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def member(*identifiers: Mapping[str, Any], consent: Any = None, references: Iterable[str] = ()) -> Any:
    """An audience member with these identifiers."""
    result = dm.AudienceMember(user_data={"user_identifiers": list(identifiers)})
    result.destination_references.extend(references)
    if consent is not None:
        result.consent = consent
    return result


def people(first: int, last: int) -> list[Any]:
    """Members with an e-mail and a phone each."""
    return [
        member({"email_address": digest(f"{n}@example.org")}, {"phone_number": digest(f"+49{n}")})
        for n in range(first, last)
    ]


def destination(customer: str, list_id: int, reference: str = "") -> Any:
    return dm.Destination(
        operating_account={"account_type": "GOOGLE_ADS", "account_id": customer},
        product_destination_id=str(list_id),
        reference=reference,
    )
