"""Commands over HTTP: a real gunicorn serves a real service to eight connections, each request with a real token.

The request plans a meeting: token, permission, schema, a look at the read model, load, decide, append, 201. wrk sends
(apt-get install wrk); without it a load generator in Python does, which takes more of the cores that it shares with
the service, so its figure is lower and its row says so.

In turns with it a bare Flask app is sent the same by the same (tests/benchmarks/bare_flask.py), behind the same
gunicorn with as many processes and threads: what is lost to it is what token, rules, schema, metrics and traces cost.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from shared.identity.people import found_community
from shared.projections.projection import into
from tests.benchmarks.bench import Bench
from tests.benchmarks.clients import Act, Fleet
from tests.benchmarks.harness import CannotMeasure, Peer, Row, at_least, below, percentile
from tests.benchmarks.rooms import Rooms, rooms, run_wrk, wrk

CONNECTIONS = 8
SECONDS = 8
SERVER = ("--workers", "1", "--threads", "8")  # as the demo and compose run it
_SCRIPT = """
wrk.method = "POST"
wrk.body = [==[{body}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
done = function(summary, latency, requests)
  local wrong = summary.errors.connect + summary.errors.read + summary.errors.write
              + summary.errors.timeout + summary.errors.status
  print(string.format("measured %d %d %d %d %d",
    summary.requests, summary.duration, wrong, latency:percentile(50), latency:percentile(99)))
end
"""


Measured = tuple[float, float, float]
"""(requests a second, p50 in ms, p99 in ms)."""


@dataclass(frozen=True)
class _Served:
    """One of those that take turns: how to send to it for some seconds, and what each round came to."""

    name: str
    send: Callable[[float], Measured]
    rounds: list[Measured] = field(default_factory=list)

    def column(self, nth: int) -> list[float]:
        return [each[nth] for each in self.rounds]


def run(bench: Bench) -> Iterator[Row]:
    program = wrk()
    if not program:
        bench.say("wrk is not there (apt-get install wrk), so a Python program sends")
    with ExitStack() as ends:
        house = ends.enter_context(rooms(bench, "meetings"))
        token, body = house.provider.token("carys", ("coordinator",)), json.dumps(_meeting(_community(house)))
        url = bench.databases.for_events()
        ends.callback(bench.databases.drop, url)
        ours, bare = (
            _Served(name, ends.enter_context(_sender(program, house, f"{address}/v1/meetings", body, token)))
            for name, address in (
                ("copse", ends.enter_context(house.web("meetings", *SERVER))),
                ("bare Flask", ends.enter_context(house.bare(url, *SERVER))),
            )
        )
        for nth in range(bench.rounds + 1):
            for served in (ours, bare):
                bench.settle()
                measured = served.send(SECONDS if nth else 2)
                if nth:  # the round before the first warms caches and connections
                    served.rounds.append(measured)
            if nth:
                bench.say(", ".join("{}: {:,.0f}/s, p50 {:.1f}, p99 {:.1f} ms".format(served.name, *served.rounds[-1])
                                    for served in (ours, bare)))  # fmt: skip
    how = "" if program else ", load from Python"
    for what, unit, target, column in (("", "requests/s", at_least(1_500), 0), (", p99", "ms", below(15), 2)):
        peer = Peer(bare.name, bare.column(column))
        yield Row(f"HTTP append, 8 connections{what}{how}", unit, target, ours.column(column), peer)


def _community(house: Rooms) -> UUID:
    """A community that meetings knows, as membership's event would have told it."""
    database, id = house.database("meetings"), uuid4()
    with database.transaction() as db:
        into(db, "people")
        found_community(db, id, "Falls at home", "community")
    database.close()
    return id


def _meeting(community: UUID) -> dict[str, Any]:
    return {
        "community_id": str(community),
        "title": "What helps after a fall",
        "about": "We hear three short talks and agree on what to ask first. " * 6,
        "starts_at": "2099-05-04T14:00:00+01:00",
        "ends_at": "2099-05-04T16:00:00+01:00",
        "places": 24,
        "venue": "Canterbury Library, room 2",
        "online_link": "https://example.org/meet/falls",
    }


@contextmanager
def _sender(
    program: str | None, house: Rooms, url: str, body: str, token: str
) -> Iterator[Callable[[float], Measured]]:
    """How eight connections send to one address for some seconds."""
    if program:
        script = house.folder / f"{uuid4()}.lua"
        script.write_text(_SCRIPT.format(body=body, token=token))
        yield partial(_with_wrk, program, url, script)
    else:
        with TemporaryDirectory() as kept, Fleet(CONNECTIONS, poster, url, body, token, kept) as fleet:
            yield partial(_with_python, fleet, Path(kept))


def _with_wrk(program: str, url: str, script: Path, seconds: float) -> Measured:
    said = run_wrk(program, url, script, CONNECTIONS, round(seconds))
    found = re.search(r"measured (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    if found is None:
        raise CannotMeasure(f"wrk said nothing that is understood:\n{said}")
    requests, microseconds, wrong, p50, p99 = (int(each) for each in found.groups())
    if wrong:
        raise CannotMeasure(f"{wrong} of {requests} requests went wrong:\n{said}")
    return requests / microseconds * 1e6, p50 / 1000, p99 / 1000


def _with_python(fleet: Fleet, kept: Path, seconds: float) -> Measured:
    before = {file: len(file.read_text().split()) for file in kept.iterdir()}
    rate = fleet.rate(seconds)
    times = [float(t) for file in kept.iterdir() for t in file.read_text().split()[before.get(file, 0) :]]
    return rate, percentile(times, 50), percentile(times, 99)


def poster(url: str, body: str, token: str, kept: str) -> Act:
    """One request over a connection that stays open; notes its milliseconds in a file for the percentiles."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    times = (Path(kept) / str(uuid4())).open("a", buffering=1)

    def post() -> None:
        began = monotonic()
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        times.write(f"{(monotonic() - began) * 1000:.3f}\n")
        if answer.status != 201:
            raise CannotMeasure(f"the service answered {answer.status}")

    return post
