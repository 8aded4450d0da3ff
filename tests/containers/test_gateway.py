"""The gateway publishes pages and APIs, and nothing that is for those inside."""

import re

import pytest

from shared.http.clients import networks
from tests.containers.composition import CONTAINERS, SERVICES, TOP

TEMPLATE = (TOP / "deploy/gateway/copse.conf.template").read_text()
EXACT = re.findall(r"location = (\S+) \{ return 404; \}", TEMPLATE)
OF_SERVICES = re.search(r"location ~ (\^/api/\S+) \{", TEMPLATE)


def reaches_a_service(path: str) -> bool:
    """Whether nginx would hand a path under /api/ to a service: the one pattern that does."""
    assert OF_SERVICES
    return re.search(OF_SERVICES[1].replace("(?<", "(?P<"), path) is not None


def test_metrics_of_the_portal_are_not_published() -> None:
    assert EXACT == ["/metrics"]


@pytest.mark.parametrize("service", SERVICES)
def test_of_a_service_only_its_api_and_what_describes_it_are_published(service: str) -> None:
    for path in ("v1/anything", "docs", "openapi.json"):
        assert reaches_a_service(f"/api/{service}/{path}"), path
    for path in ("metrics", "healthz", "readyz", "", "metrics/v1/"):
        assert not reaches_a_service(f"/api/{service}/{path}"), path


def test_the_gateway_says_whose_request_it_is_and_hands_on_nothing_that_a_client_says_of_it() -> None:
    assert re.findall(r"proxy_set_header X-Forwarded-For +(\S+);", TEMPLATE) == ["$remote_addr"]
    assert "proxy_add_x_forwarded_for" not in TEMPLATE
    assert re.findall(r"set_real_ip_from +(\S+);", TEMPLATE) == ["${COPSE_TLS_PROXY}"]
    assert CONTAINERS["gateway"].environment["COPSE_TLS_PROXY"] == "127.0.0.1"  # nobody, until somebody is named


@pytest.mark.parametrize("name", ["portal-web", *(f"{service}-web" for service in SERVICES)])
def test_only_those_inside_are_believed_about_whose_request_it_is(name: str) -> None:
    trusted = networks(CONTAINERS[name].environment["TRUSTED_PROXIES"])
    assert trusted
    assert all(network.is_private for network in trusted)
