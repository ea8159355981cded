"""Secrets of one sandbox's Meta half: made at random once, kept in its folder, shown only as settings to use."""

import secrets

from connectors.sandbox.meta.graph import Credentials
from connectors.sandbox.state import PlatformState


def meta_credentials(state: PlatformState) -> Credentials:
    """The access token and app secret of this sandbox, the same from run to run."""
    with state.transaction():
        held = state.get("sandbox", "credentials", "meta")
        if held is None:
            held = {"access_token": f"EAAsandbox{secrets.token_hex(40)}", "app_secret": secrets.token_hex(16)}
            state.put("sandbox", "credentials", "meta", held)
    return Credentials(held["access_token"], held["app_secret"])
