"""The gateway publishes pages and APIs, and nothing that is for those inside."""

import re

import pytest

from tests.containers.composition import SERVICES, TOP

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
