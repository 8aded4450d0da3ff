"""What the identity provider tells everybody: the document about itself, and its keys.

Asked by the standard library: requests would cost each process that serves 4 MB, for two questions an hour.
"""

import json
import os
import ssl
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

import certifi

_SECONDS = 5.0


def said_at(address: str) -> Any:
    """The JSON at an address. Raises OSError when it is not to be had, and ValueError when it is none.

    Trusted are the machine's authorities and those that requests would trust (REQUESTS_CA_BUNDLE, certifi).
    """
    if not address.startswith(("https://", "http://")):  # a provider must not have us read files
        raise ValueError(f"{address} is no web address")
    secured = _trusting() if address.startswith("https://") else None  # which takes a megabyte to make
    try:
        with urlopen(Request(address), timeout=_SECONDS, context=secured) as answer:  # noqa: S310  # looked at above
            return json.load(answer)
    except HTTPException as error:
        raise OSError(f"{address} answers in no way that is known") from error


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())
    return context
