"""So many requests at once and then evenly, by whose they are, with no address kept and none believed from outside."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from shared.configuration import Misconfigured, Settings
from shared.http import clients
from shared.http.clients import TrustedProxies, networks, one_home
from shared.http.rate_limits import Limit, RateLimiter, sentence

ANN, BEN = one_home("192.0.2.1"), one_home("192.0.2.2")


class Hands:
    """A clock that is turned by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_allowed_at_once_is_allowed_and_then_one_after_each_step() -> None:
    hands = Hands()
    limiter = RateLimiter(Limit(3, 60), hands)
    assert [limiter.seconds_to_wait(ANN) for _ in range(5)] == [0, 0, 0, 20, 20]
    assert limiter.seconds_to_wait(BEN) == 0
    hands.now += 19.5
    assert limiter.seconds_to_wait(ANN) == 1
    hands.now += 0.5
    assert [limiter.seconds_to_wait(ANN) for _ in range(2)] == [0, 20]
    hands.now += 1_000
    assert [limiter.seconds_to_wait(ANN) for _ in range(4)] == [0, 0, 0, 20]


@given(
    st.integers(1, 20),
    st.floats(1, 3_600),
    st.lists(st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=200),
)
@settings(deadline=None)  # a busy machine is no fault of the limiter
def test_never_more_than_twice_the_limit_in_its_time_and_whoever_waits_gets_in(
    at_once: int, seconds: float, pauses: list[float]
) -> None:
    hands, let_in = Hands(), []
    limiter = RateLimiter(Limit(at_once, seconds), hands)
    assert [limiter.seconds_to_wait(BEN) for _ in range(at_once + 1)][:-1] == [0] * at_once
    assert limiter.seconds_to_wait(BEN) > 0
    for pause in pauses:
        hands.now += pause
        if not limiter.seconds_to_wait(ANN):
            let_in.append(hands.now)
    for first in let_in:
        assert sum(first <= moment < first + seconds for moment in let_in) <= 2 * at_once
    if wait := limiter.seconds_to_wait(ANN):
        hands.now += wait
        assert limiter.seconds_to_wait(ANN) == 0


def test_a_flood_of_addresses_does_not_fill_the_memory_nor_free_who_asked_too_much() -> None:
    limiter = RateLimiter(Limit(3, 3_600), Hands(), most=2_000)
    assert [limiter.seconds_to_wait(ANN) > 0 for _ in range(4)] == [False, False, False, True]
    for nth in range(10_000):
        assert limiter.seconds_to_wait(nth.to_bytes(16, "big")) == 0
    assert len(limiter._spent_until) <= 2_000
    assert limiter.seconds_to_wait(ANN) > 0


def test_an_ipv6_home_is_one_client_and_no_address_can_be_read() -> None:
    assert one_home("2001:db8:1:2::1") == one_home("2001:db8:1:2:ffff::9") != one_home("2001:db8:1:3::1")
    assert one_home("::ffff:192.0.2.1") == one_home("192.0.2.1") != one_home("192.0.2.2")
    assert one_home(None) == one_home("") == one_home("unix:")
    for address in ("192.0.2.1", "2001:db8:1:2::1"):
        assert address.encode() not in one_home(address)
        assert IPv6Address("2001:db8:1:2::1").packed != one_home(address)


def test_another_process_would_name_the_same_address_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    here = one_home("192.0.2.1")
    monkeypatch.setattr(clients, "_SALT", b"of another process")
    assert one_home("192.0.2.1") != here


@pytest.mark.parametrize(
    ("peer", "believed"),
    [("10.1.2.3", True), ("::1", True), ("::ffff:10.1.2.3", True), ("192.0.2.1", False), ("", False), ("unix", False)],
)
def test_what_a_request_says_of_its_way_is_believed_of_our_own_proxies_alone(peer: str, believed: bool) -> None:
    @Request.application
    def echo(request: Request) -> Response:
        return Response(",".join(sorted(name for name, _ in request.headers if "Forwarded" in name)))

    said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "Forwarded": "for=203.0.113.9"}
    client = Client(TrustedProxies(echo, networks("10.0.0.0/8,::1/128")))
    for _ in range(2):  # the second time from memory
        answered = client.get("/", headers=said, environ_overrides={"REMOTE_ADDR": peer})
        assert answered.text == (",".join(sorted(said)) if believed else "")


def test_a_person_is_told_how_long_to_wait() -> None:
    assert "Wait 1 second, then" in sentence(1)
    assert "Wait 59 seconds, then" in sentence(59)
    assert "Wait 11 minutes, then" in sentence(601)


COMPLETE = {
    "NOTES_DATABASE_URL": "postgresql:///notes",
    "KEYRING_DATABASE_URL": "postgresql:///keyring",
    "KEYRING_MASTER_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "OIDC_ISSUER": "https://sign-in.example",
}


def test_limits_are_there_unless_somebody_takes_them_away() -> None:
    settings = Settings.read("notes", COMPLETE)
    assert (settings.public_reads, settings.public_changes) == (Limit(1_200, 60), Limit(60, 3_600))
    without = {"PUBLIC_READS_PER_MINUTE": "0", "PUBLIC_CHANGES_PER_HOUR": "0", "TRUSTED_PROXIES": "none"}
    settings = Settings.read("notes", {**COMPLETE, **without})
    assert (settings.public_reads, settings.public_changes, settings.trusted_proxies) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("PUBLIC_READS_PER_MINUTE", "many"),
        ("PUBLIC_CHANGES_PER_HOUR", "-1"),
        ("OIDC_ALGORITHMS", "none"),
        ("OIDC_ALGORITHMS", "RS256,HS256"),
        ("OIDC_ALGORITHMS", "RS256,"),
    ],
)
def test_a_setting_that_would_open_a_door_is_refused_at_start(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name} is not valid"):
        Settings.read("notes", {**COMPLETE, name: value})
