"""Commands over HTTP: a real gunicorn serves a real service to eight connections, each request with a real token.

The request plans a meeting: token, permission, schema, a look at the read model, load, decide, append, 201. wrk sends
(apt-get install wrk); without it a load generator in Python does, which takes more of the cores that it shares with
the service, so its figure is lower and its row says so.
"""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from shared.identity.people import found_community
from shared.projections.projection import into
from tests.benchmarks.bench import Bench
from tests.benchmarks.clients import Act, Fleet
from tests.benchmarks.harness import CannotMeasure, Row, at_least, below, percentile
from tests.benchmarks.rooms import Rooms, rooms, run_wrk, wrk

CONNECTIONS = 8
SECONDS = 8
# Two processes of four threads: one for each core (deploy: `copse web --workers`).
SERVER = ("--workers", "2", "--threads", "4")
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


def run(bench: Bench) -> Iterator[Row]:
    with rooms(bench, "meetings") as house, house.web("meetings", *SERVER) as address:
        body, token = json.dumps(_meeting(_community(house))), house.provider.token("carys", ("coordinator",))
        url, program = f"{address}/v1/meetings", wrk()
        if program:
            script = house.folder / "post.lua"
            script.write_text(_SCRIPT.format(body=body, token=token))
            measured = [_with_wrk(program, url, script, seconds) for seconds in (2, *[SECONDS] * bench.rounds)][1:]
        else:
            bench.say("wrk is not there (apt-get install wrk), so a Python program sends")
            measured = _with_python(url, body, token, bench.rounds)
    how = "" if program else ", load from Python"
    rates, medians, tails = zip(*measured, strict=True)
    bench.say(f"p50 {', '.join(f'{each:.1f}' for each in medians)} ms")
    yield Row(f"HTTP append, 8 connections{how}", "requests/s", at_least(1_500), rates)
    yield Row(f"HTTP append, 8 connections, p99{how}", "ms", below(15), tails)


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


Measured = tuple[float, float, float]
"""(requests a second, p50 in ms, p99 in ms)."""


def _with_wrk(program: str, url: str, script: Path, seconds: int) -> Measured:
    said = run_wrk(program, url, script, CONNECTIONS, seconds)
    found = re.search(r"measured (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    if found is None:
        raise CannotMeasure(f"wrk said nothing that is understood:\n{said}")
    requests, microseconds, wrong, p50, p99 = (int(each) for each in found.groups())
    if wrong:
        raise CannotMeasure(f"{wrong} of {requests} requests went wrong:\n{said}")
    return requests / microseconds * 1e6, p50 / 1000, p99 / 1000


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


def _with_python(url: str, body: str, token: str, rounds: int) -> list[Measured]:
    from tempfile import TemporaryDirectory

    measured = []
    with TemporaryDirectory() as kept, Fleet(CONNECTIONS, poster, url, body, token, kept) as fleet:
        for seconds in (2, *[SECONDS] * rounds):
            before = {file: len(file.read_text().split()) for file in Path(kept).iterdir()}
            rate = fleet.rate(seconds)
            times = [float(t) for file in Path(kept).iterdir() for t in file.read_text().split()[before.get(file, 0) :]]
            measured.append((rate, percentile(times, 50), percentile(times, 99)))
    return measured[1:]
