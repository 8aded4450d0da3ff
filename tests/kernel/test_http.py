"""The manners of every API, on a service as small as a notebook: a refusal is plain, and changes nothing."""
# flask-smorest ships no types.
# mypy: disable-error-code="untyped-decorator"

import html
import re
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import psycopg2.extensions
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from deploy.embedded.ports import free_port
from shared.configuration import Settings
from shared.database import pool
from shared.http.app import create_app
from shared.http.authorization import caller, may, needs, public, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change, context_of_request
from shared.http.problems import not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, instant, line, paragraphs
from shared.messages.events import MemberId
from shared.messages.ids import uuid7
from shared.messages.recorded import BEGINNING
from shared.projections.projection import make_tables
from shared.projections.reader import Reader
from shared.service import Running, Service
from shared.telemetry.metrics import REGISTRY
from tests.kernel.notebook import Append, Close, Line, Notebook, Open, lines_in, lines_projection
from tests.kernel.provider import Provider, provider
from tests.kernel.test_commands import WriteLate
from tests.servers import all_readable, emptied, eventually

MEMBER_ACCOUNT = "ben"
BEN = MemberId(UUID(int=2))
lines = lines_projection()
blueprint = Blueprint("notebooks", "notebooks", url_prefix="/v1", description="Notebooks")


class InkSchema(RequestSchema):
    colour = line(20, required=True)


class NotebookSchema(RequestSchema):
    title = line(required=True)
    owner_name = line(load_default=None)
    about = paragraphs(load_default=None)
    opened_at = instant(load_default=None)
    inks = fields.List(fields.Nested(InkSchema), load_default=list, validate=validate.Length(max=3))
    tags = fields.List(line(20), load_default=list)


class LineSchema(RequestSchema):
    text = paragraphs(required=True)


class ReasonSchema(RequestSchema):
    reason = line(load_default="full")


class FirstLineSchema(Schema):
    notebook = fields.UUID()
    version = fields.Integer()
    text = fields.String()


@blueprint.route("/notebooks")
class Notebooks(MethodView):
    @needs("notebooks:open")
    @blueprint.arguments(NotebookSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Open a notebook."""
        id = uuid7()
        return change(id, Open(title=new["title"], owner_name=new["owner_name"]), created=f"/v1/notebooks/{id}")

    @needs("notebooks:list")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, FirstLineSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """The first line of each notebook."""
        with running().database.transaction() as db:
            rows = db.all(
                Line,
                "select notebook, version, text from lines where version = 2 and (%s::uuid is null or notebook > %s)"
                " order by notebook limit %s",
                query["after"],
                query["after"],
                query["limit"] + 1,
            )
        return page(FirstLineSchema(), rows, query["limit"], lambda row: row.notebook)


@blueprint.route("/notebooks/<uuid:notebook_id>")
class OneNotebook(MethodView):
    @public
    @blueprint.response(200)
    def get(self, notebook_id: UUID) -> Response:
        """Its lines; who may read names sees that she may."""
        wait_for(lines)
        with running().database.transaction() as db:
            found = lines_in(db, lines, notebook_id)
        if not found:
            raise not_found("notebook", notebook_id)
        shown = {"lines": [each.text for each in found], "names": may("names:read"), "member": caller().member}
        return one(shown, found[-1].version)


@blueprint.route("/notebooks/<uuid:notebook_id>/lines")
class Lines(MethodView):
    @needs("lines:write")
    @blueprint.arguments(LineSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], notebook_id: UUID) -> Response:
        """Add a line."""
        return change(
            notebook_id,
            Append(text=new["text"]),
            created=f"/v1/notebooks/{notebook_id}",
            answer=lambda notebook: {"lines": len(notebook.lines)},
        )


@blueprint.route("/notebooks/<uuid:notebook_id>/closing")
class Closing(MethodView):
    @needs("notebooks:close")
    @blueprint.arguments(ReasonSchema)
    @blueprint.response(200)
    def post(self, closing: dict[str, Any], notebook_id: UUID) -> Response:
        """Close it, as it was when the caller read it."""
        return change(notebook_id, Close(**closing), must_match=True)


SERVICE = Service(
    name="notebooks",
    title="Notebooks",
    folder=Path(__file__).parent,
    aggregates=[Notebook],
    projections=[lines],
    reactions=[],
    resources=lambda: [blueprint],
    permissions={
        "notebooks:open": frozenset({"coordinator"}),
        "lines:write": frozenset({"signed-in"}),
        "notebooks:list": frozenset({"member"}),
        "notebooks:close": frozenset({"coordinator"}),
        "names:read": frozenset({"coordinator"}),
    },
    find_member=lambda db, account: BEN if account == _account_of_ben(db) else None,
)


def _account_of_ben(db: Any) -> UUID | None:
    found: UUID | None = db.value(UUID, "select failure::uuid from readers where name = 'account of ben'")
    return found


@pytest.fixture(scope="module")
def at_provider() -> Iterator[Provider]:
    with provider() as running_provider:
        yield running_provider


@pytest.fixture(scope="module")
def service(events_url: str, keys_url: str, at_provider: Provider) -> Iterator[Running]:
    """The service with its connections, once for all these tests."""
    settings = Settings(
        database_url=events_url,
        keyring_url=keys_url,
        master_key=secrets.token_bytes(32),
        kafka="127.0.0.1:1",
        kafka_replicas=1,
        issuer=at_provider.issuer,
        internal_issuer=at_provider.issuer,
        audience="copse",
        roles_claim="groups",
        algorithms=("RS256",),
    )
    running = Running(SERVICE, settings)
    emptied(running.keyring_database)
    yield running
    running.close()


@pytest.fixture(scope="module")
def app(service: Running) -> Flask:
    return create_app(service)


@pytest.fixture
def here(service: Running, at_provider: Provider) -> Running:
    """The service before anything happened in it, but for an account that is a member's."""
    emptied(service.database)
    make_tables(lines, service.database)
    account = service.keyring.pseudonym("account", f"{at_provider.issuer} {MEMBER_ACCOUNT}")
    with service.database.transaction() as db:
        db.execute("insert into readers (name, failure) values ('account of ben', %s)", str(account))
    return service


class Api:
    """A client that signs in with each request."""

    def __init__(self, client: FlaskClient, at_provider: Provider) -> None:
        self._client = client
        self.coordinator = self._as(at_provider.token("carys", ("coordinator",)))
        self.somebody = self._as(at_provider.token("ann"))
        self.member = self._as(at_provider.token(MEMBER_ACCOUNT))
        self.nobody: dict[str, str] = {}

    @staticmethod
    def _as(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: object = None, who: Mapping[str, str] | None = None, **more: str) -> TestResponse:
        return self._client.post(path, json={} if body is None else body, headers=self._headers(who, more))

    def get(self, path: str, who: Mapping[str, str] | None = None, **more: str) -> TestResponse:
        return self._client.get(path, headers=self._headers(who, more))

    def send(self, method: str, path: str, body: bytes | str, kind: str = "application/json") -> TestResponse:
        return self._client.open(path, method=method, data=body, content_type=kind, headers=self.coordinator)

    def stream(self, path: str, body: BytesIO, **more: str) -> TestResponse:
        """A body that is read only when the service asks for it."""
        return self._client.post(
            path,
            input_stream=body,
            content_length=len(body.getvalue()),
            content_type="application/json",
            headers=self._headers(None, more),
        )

    def _headers(self, who: Mapping[str, str] | None, more: Mapping[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {**(self.coordinator if who is None else who), **named}

    def opened(self) -> str:
        """The path of a new notebook."""
        return self.post("/v1/notebooks", {"title": "Tuesday"}).headers["Location"]


@pytest.fixture
def api(here: Running, app: Flask, at_provider: Provider) -> Api:
    return Api(app.test_client(), at_provider)


def appends(outcome: str) -> float:
    """How many appends of this process came to that."""
    return REGISTRY.get_sample_value("copse_append_seconds_count", {"outcome": outcome}) or 0


def stored(here: Running) -> int:
    """How many events and answers there are."""
    with here.database.transaction() as db:
        return db.value(int, "select (select count(*) from events) + (select count(*) from requests)") or 0


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem that was answered, in the form of RFC 9457."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = response.get_json()
    assert body["type"] == f"urn:copse:problem:{code}"
    assert body["status"] == status
    assert body["detail"]
    assert body["title"]
    return body


def pointers(response: TestResponse) -> list[str]:
    return sorted(error["pointer"] for error in problem(response, 422, "invalid")["errors"])


def project(here: Running) -> None:
    all_readable(here.database)
    Reader(here.database, here.codec, [lines]).advance_all()


class TestAChange:
    def test_that_creates_says_where_the_new_thing_is(self, api: Api, here: Running) -> None:
        response = api.post("/v1/notebooks", {"title": "Tuesday"})
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/notebooks/{response.get_json()['id']}"
        assert response.headers["ETag"] == '"1"'
        [event] = here.store.read_all(BEGINNING, 10)
        assert response.headers["Copse-Position"] == f"notebooks:{event.position}"

    def test_answers_with_what_came_of_it(self, api: Api) -> None:
        path = api.opened()
        response = api.post(f"{path}/lines", {"text": "tea"})
        assert (response.status_code, response.get_json(), response.headers["ETag"]) == (201, {"lines": 1}, '"2"')

    def test_is_recorded_with_who_asked_and_how(self, api: Api, here: Running) -> None:
        request = str(uuid4())
        traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
        more = {"Copse_Channel": "phone", "X_Request_Id": request, "traceparent": traceparent}
        api.post(f"{api.opened()}/lines", {"text": "tea"}, who=api.member, **more)
        metadata = here.codec.decode(here.store.read_all(BEGINNING, 10)[-1]).metadata
        assert (metadata.actor, metadata.channel) == (f"member:{BEN}", "phone")
        assert str(metadata.correlation_id) == request
        assert (metadata.traceparent or "").split("-")[1] == "a" * 32

    def test_begins_a_trace_where_there_is_none_and_tells_it(self, api: Api, here: Running) -> None:
        response = api.post("/v1/notebooks", {"title": "Tuesday"})
        metadata = here.codec.decode(here.store.read_all(BEGINNING, 1)[0]).metadata
        assert response.headers["traceresponse"] == metadata.traceparent
        assert UUID(response.headers["X-Request-Id"]) == metadata.correlation_id
        other = api.post("/v1/notebooks", {"title": "Wednesday"})
        assert other.headers["traceresponse"].split("-")[1] != response.headers["traceresponse"].split("-")[1]

    def test_keeps_a_request_id_that_is_no_uuid_and_makes_one_of_it(self, api: Api, here: Running) -> None:
        ids = [
            api.post("/v1/notebooks", {"title": "a"}, X_Request_Id=id) for id in ("batch-7-line-12", "batch-7-line-12")
        ]
        assert {each.headers["X-Request-Id"] for each in ids} == {"batch-7-line-12"}
        assert len({here.codec.decode(each).metadata.correlation_id for each in here.store.read_all(BEGINNING, 2)}) == 1
        for odd in ("x", "a" * 65, "no spaces, please"):
            assert api.get("/v1/notebooks", X_Request_Id=odd).headers["X-Request-Id"] != odd

    def test_keeps_text_as_people_write_it(self, api: Api, here: Running) -> None:
        api.post(f"{api.opened()}/lines", {"text": "  Zoe\u0308 wrote:\n\t東京 🎉  "})
        event = here.codec.decode(here.store.read_all(BEGINNING, 10)[-1]).event
        assert getattr(event, "text", None) == "Zoë wrote:\n\t東京 🎉"


BAD_BODIES: list[tuple[object, list[str]]] = [
    ({}, ["#/title"]),
    ({"title": ""}, ["#/title"]),
    ({"title": "   "}, ["#/title"]),
    ({"title": None}, ["#/title"]),
    ({"title": 7}, ["#/title"]),
    ({"title": "x" * 201}, ["#/title"]),
    ({"title": "one\nTuesday"}, ["#/title"]),
    ({"title": "Tues\x00day"}, ["#/title"]),
    ({"title": "Tues\x1b[2Jday"}, ["#/title"]),
    ({"title": "Tues\ud800day"}, ["#/title"]),
    ({"title": "Tuesday", "colour": "red"}, ["#/colour"]),
    ({"title": "Tuesday", "a/b~c": "red"}, ["#/a~1b~0c"]),
    ({"titel": "Tuesday", "about": 7}, ["#/about", "#/titel", "#/title"]),
    ({"title": "Tuesday", "opened_at": "2026-03-02T10:00:00"}, ["#/opened_at"]),
    ({"title": "Tuesday", "opened_at": "today"}, ["#/opened_at"]),
    ({"title": "Tuesday", "inks": [{"colour": "red"}, {"colour": ""}]}, ["#/inks/1/colour"]),
    ({"title": "Tuesday", "inks": [{"colour": "red"}, {"colour": "bl\x07ue"}]}, ["#/inks/1/colour"]),
    ({"title": "Tuesday", "inks": [{"colour": "red", "shade": 1}]}, ["#/inks/0/shade"]),
    ({"title": "Tuesday", "inks": [{"colour": "red"}] * 4}, ["#/inks"]),
    ({"title": "Tuesday", "tags": ["a", "b\x00"]}, ["#/tags/1"]),
    ({"title": "Tuesday", "tags": "a"}, ["#/tags"]),
    ([], ["#"]),
    ("Tuesday", ["#"]),
    (7, ["#"]),
]


class TestWhatARequestCosts:
    """Statements, each a round trip for which the thread gives the interpreter away: rates and latencies hang on it."""

    @pytest.fixture
    def statements(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        sent: list[str] = []

        class Counting(psycopg2.extensions.cursor):
            def execute(self, query: Any, vars: Any = None) -> None:
                if threading.current_thread().name != "doorbell":  # which no request waits for
                    sent.append(str(query).partition("(")[0].strip())
                super().execute(query, vars)

        monkeypatch.setattr(pool.Connection, "cursor", lambda self: Counting(self), raising=False)
        return sent

    @pytest.mark.parametrize("keys", [[None, None], ["one", "two"]], ids=["without a key", "with a key"])
    def test_a_change_is_a_read_and_an_append(self, api: Api, statements: list[str], keys: list[str | None]) -> None:
        path = api.opened()
        for key in keys:
            statements.clear()
            more: dict[str, Any] = {"Idempotency_Key": key} if key else {}
            assert api.post(f"{path}/lines", {"text": "tea"}, **more).status_code == 201
        # Of which the service of this test asks one for who is calling.
        append = "execute append_events" if keys[0] else "execute append_event"  # one event without a key
        assert statements[1:] == ["execute read_contents", append]

    def test_a_creation_is_an_append(self, api: Api, statements: list[str]) -> None:
        api.opened()
        statements.clear()
        api.opened()
        assert statements[1:] == ["execute append_event"]


class TestABodyThatIsNotRight:
    @pytest.mark.parametrize(("body", "wrong"), BAD_BODIES, ids=[str(body)[:50] for body, _ in BAD_BODIES])
    def test_is_told_field_by_field(self, api: Api, here: Running, body: object, wrong: list[str]) -> None:
        assert pointers(api.post("/v1/notebooks", body)) == wrong
        assert stored(here) == 0

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b"title=Tuesday",
            b'{"title": "Tues',
            b"[" * 30_000,
            b'{"title": ' + b"9" * 5_000 + b"}",
        ],
    )
    def test_is_told_when_it_is_no_json(self, api: Api, here: Running, body: bytes) -> None:
        response = api.send("POST", "/v1/notebooks", body)
        assert response.status_code in (400, 422), response.text
        problem(response, response.status_code, response.get_json()["type"].rpartition(":")[2])
        assert stored(here) == 0

    def test_is_told_when_it_is_sent_as_something_else(self, api: Api, here: Running) -> None:
        response = api.send("POST", "/v1/notebooks", "title=Tuesday", kind="application/x-www-form-urlencoded")
        problem(response, 415, "not-json")
        assert stored(here) == 0

    def test_is_told_when_it_is_too_large(self, api: Api, here: Running) -> None:
        problem(api.post("/v1/notebooks", {"title": "x" * 70_000}), 413, "too-large")
        assert stored(here) == 0

    def test_holds_its_key_free(self, api: Api) -> None:
        assert api.post("/v1/notebooks", {"title": ""}, Idempotency_Key="once").status_code == 422
        assert api.post("/v1/notebooks", {"title": "Tuesday"}, Idempotency_Key="once").status_code == 201

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "after=7", "page=2"])
    def test_may_be_a_query_too(self, api: Api, query: str) -> None:
        [pointer] = pointers(api.get(f"/v1/notebooks?{query}", who=api.member))
        assert pointer == f"#/{query.partition('=')[0]}"


class TestWhoIsCalling:
    def test_nobody_may_do_what_needs_a_permission(self, api: Api, here: Running) -> None:
        response = api.post("/v1/notebooks", {"title": "Tuesday"}, who=api.nobody)
        problem(response, 401, "sign-in-needed")
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert stored(here) == 0

    def test_somebody_may_not_do_what_others_may(self, api: Api, here: Running) -> None:
        body = problem(api.post("/v1/notebooks", {"title": "Tuesday"}, who=api.somebody), 403, "not-allowed")
        assert "notebooks:open" in body["detail"]
        assert stored(here) == 0

    def test_is_asked_before_what_was_sent_is_read(self, api: Api) -> None:
        problem(api.post("/v1/notebooks", {"wrong": 1}, who=api.nobody), 401, "sign-in-needed")

    def test_a_sign_in_is_enough_where_no_role_is_needed(self, api: Api) -> None:
        assert api.post(f"{api.opened()}/lines", {"text": "tea"}, who=api.somebody).status_code == 201

    def test_a_member_is_known_by_her_account(self, api: Api) -> None:
        assert api.get("/v1/notebooks", who=api.member).status_code == 200
        problem(api.get("/v1/notebooks", who=api.somebody), 403, "not-allowed")

    @pytest.mark.parametrize("token", ["Bearer nonsense", "Bearer a.b.c", "bearer  x"])
    def test_a_bad_token_is_an_error_even_where_none_is_needed(self, api: Api, token: str) -> None:
        response = api.get(f"/v1/notebooks/{uuid4()}", who={"Authorization": token})
        problem(response, 401, "invalid-token")
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]

    def test_an_expired_token_is_told_apart_from_none(self, api: Api, at_provider: Provider) -> None:
        old = at_provider.token("carys", ("coordinator",), exp=1)
        body = problem(
            api.post("/v1/notebooks", {"title": "x"}, who={"Authorization": f"Bearer {old}"}), 401, "invalid-token"
        )
        assert "expired" in body["detail"]

    def test_what_a_public_page_shows_may_depend_on_it(self, api: Api, here: Running) -> None:
        path = api.opened()
        api.post(f"{path}/lines", {"text": "tea"})
        project(here)
        assert api.get(path, who=api.nobody).get_json()["names"] is False
        assert api.get(path, who=api.coordinator).get_json()["names"] is True
        assert api.get(path, who=api.member).get_json()["member"] == str(BEN)

    def test_who_is_a_member_no_more_is_told_so_at_once(self, api: Api, here: Running) -> None:
        """The token was verified before and is remembered; what its owner may do is looked up each time."""
        assert api.get("/v1/notebooks", who=api.member).status_code == 200
        with here.database.transaction() as db:
            db.execute("delete from readers where name = 'account of ben'")
        problem(api.get("/v1/notebooks", who=api.member), 403, "not-allowed")

    def test_a_provider_that_is_away_is_not_the_callers_fault(self, here: Running, at_provider: Provider) -> None:
        token = at_provider.token("carys", ("coordinator",))
        at_provider.away = True
        try:
            client = create_app(here).test_client()
            response = client.post("/v1/notebooks", json={}, headers={"Authorization": f"Bearer {token}"})
        finally:
            at_provider.away = False
        problem(response, 503, "unavailable")
        assert response.headers["Retry-After"]


class TestIfMatch:
    def test_is_needed_where_the_caller_decides_on_what_she_saw(self, api: Api, here: Running) -> None:
        path = api.opened()
        problem(api.post(f"{path}/closing"), 428, "if-match-needed")
        assert stored(here) == 1

    def test_of_the_version_that_is_there_lets_the_change_through(self, api: Api) -> None:
        response = api.post(f"{api.opened()}/closing", If_Match='"1"')
        assert (response.status_code, response.headers["ETag"]) == (200, '"2"')

    @pytest.mark.parametrize("stale", ['"2"', '"0"', '"99999999999999999999999"', "2"])
    def test_of_another_version_is_stale(self, api: Api, here: Running, stale: str) -> None:
        path = api.opened()
        response = api.post(f"{path}/closing", If_Match=stale)
        problem(response, 412, "changed-meanwhile")
        assert response.headers["ETag"] == '"1"'
        assert stored(here) == 1

    @pytest.mark.parametrize(
        "nonsense", ["", "*", '"one"', '"-1"', '"1.0"', '"\xb2"', '"' + "9" * 5_000 + '"', '"1", "2"']
    )
    def test_that_is_no_version_of_ours_is_stale_too(self, api: Api, here: Running, nonsense: str) -> None:
        problem(api.post(f"{api.opened()}/closing", If_Match=nonsense), 412, "changed-meanwhile")
        assert stored(here) == 1

    def test_may_be_given_where_it_is_not_needed(self, api: Api) -> None:
        path = f"{api.opened()}/lines"
        assert api.post(path, {"text": "tea"}, If_Match='"1"').status_code == 201
        problem(api.post(path, {"text": "milk"}, If_Match='"1"'), 412, "changed-meanwhile")


class TestAChangeThatOthersOvertake:
    @pytest.fixture
    def api(self, here: Running, at_provider: Provider) -> Iterator[Api]:
        """At a service with a route where somebody else is always a little quicker."""
        late = Blueprint("late", "late", url_prefix="/v1")

        @late.route("/notebooks/<uuid:notebook_id>/late-lines")
        class LateLines(MethodView):
            @needs("lines:write")
            @late.arguments(LineSchema)
            @late.response(201)
            def post(self, new: dict[str, Any], notebook_id: UUID) -> Response:
                """Add a line, before which somebody else adds one."""

                def meanwhile() -> None:
                    running().commands.handle(notebook_id, Append(text="milk"), context_of_request())

                return change(notebook_id, WriteLate(text=new["text"], meanwhile=meanwhile))

        service = Running(replace(SERVICE, resources=lambda: [blueprint, late]), here.settings)
        yield Api(create_app(service).test_client(), at_provider)
        service.close()

    def test_each_time_may_be_sent_again_by_who_named_no_version(self, api: Api, here: Running) -> None:
        path = api.opened()
        response = api.post(f"{path}/late-lines", {"text": "tea"}, Idempotency_Key="once")
        body = problem(response, 503, "overtaken")
        assert "after you read it" not in body["detail"]
        assert response.headers["Retry-After"] == "1"
        assert "ETag" not in response.headers
        assert "tea" not in "".join(event.data for event in here.store.read_all(BEGINNING, 20))
        assert api.post(f"{path}/lines", {"text": "tea"}, Idempotency_Key="twice").status_code == 201

    def test_is_stale_when_it_named_the_version_that_it_was_for(self, api: Api, here: Running) -> None:
        response = api.post(f"{api.opened()}/late-lines", {"text": "tea"}, If_Match='"1"')
        problem(response, 412, "changed-meanwhile")
        assert response.headers["ETag"] == '"2"'
        assert stored(here) == 2


class TestAnIdempotencyKey:
    def test_gives_the_same_answer_again(self, api: Api, here: Running) -> None:
        path = f"{api.opened()}/lines"
        first = api.post(path, {"text": "tea"}, Idempotency_Key="once")
        api.post(path, {"text": "milk"})
        again = api.post(path, {"text": "tea"}, Idempotency_Key="once")
        assert again.status_code == first.status_code == 201
        assert again.data == first.data
        for header in ("Location", "ETag", "Copse-Position"):
            assert again.headers[header] == first.headers[header]
        assert again.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert stored(here) == 4

    def test_makes_a_creation_happen_once(self, api: Api, here: Running) -> None:
        answers = [api.post("/v1/notebooks", {"title": "Tuesday"}, Idempotency_Key="once") for _ in range(3)]
        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert stored(here) == 2

    def test_is_no_good_for_another_wish(self, api: Api, here: Running) -> None:
        path = api.opened()
        api.post(f"{path}/lines", {"text": "tea"}, Idempotency_Key="once")
        for other in (
            api.post(f"{path}/lines", {"text": "milk"}, Idempotency_Key="once"),
            api.post("/v1/notebooks", {"title": "tea"}, Idempotency_Key="once"),
        ):
            problem(other, 422, "idempotency-key-reused")
        assert stored(here) == 3

    def test_of_somebody_else_is_another_key(self, api: Api) -> None:
        path = f"{api.opened()}/lines"
        for who in (api.coordinator, api.somebody, api.member):
            assert api.post(path, {"text": "tea"}, who=who, Idempotency_Key="once").status_code == 201
        assert api.post(path, {"text": "x"}).get_json() == {"lines": 4}

    def test_answers_although_the_version_moved_on(self, api: Api) -> None:
        path = f"{api.opened()}/closing"
        first = api.post(path, If_Match='"1"', Idempotency_Key="once")
        again = api.post(path, If_Match='"1"', Idempotency_Key="once")
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.data == again.data

    def test_answers_a_twin_that_looked_before_the_other_was_done(self, api: Api, here: Running) -> None:
        """Sent twice at once, both look for an answer and find none; the second then meets what the first has done."""
        path, first = f"{api.opened()}/closing", list[TestResponse]()

        class Body(BytesIO):
            def readinto(self, buffer: Any, /) -> int:
                if not first:
                    first.append(api.post(path, If_Match='"1"', Idempotency_Key="once"))
                return super().readinto(buffer)

        again = api.stream(path, Body(b"{}"), If_Match='"1"', Idempotency_Key="once")
        assert (first[0].status_code, again.status_code) == (200, 200), again.text
        assert again.data == first[0].data
        assert again.headers["ETag"] == first[0].headers["ETag"]
        assert stored(here) == 3

    def test_of_a_refused_wish_is_free(self, api: Api) -> None:
        path = api.opened()
        problem(api.post(f"{path}/closing", If_Match='"5"', Idempotency_Key="once"), 412, "changed-meanwhile")
        assert api.post(f"{path}/closing", If_Match='"1"', Idempotency_Key="once").status_code == 200

    @pytest.mark.parametrize(
        "body", [{"text": "tea"}, {"text": ""}], ids=["refused by a rule", "refused by the schema"]
    )
    def test_answers_as_then_whatever_is_refused_today(self, api: Api, here: Running, body: dict[str, str]) -> None:
        path = api.opened()
        first = api.post(f"{path}/lines", {"text": "tea"}, Idempotency_Key="once")
        api.post(f"{path}/closing", If_Match='"2"')
        again = api.post(f"{path}/lines", body, Idempotency_Key="once")
        if body == {"text": "tea"}:
            assert (again.status_code, again.data) == (201, first.data)
            assert again.headers["Idempotency-Replayed"] == "true"
        else:
            problem(again, 422, "idempotency-key-reused")
        assert stored(here) == 4

    def test_is_not_answered_to_whom_the_route_is_closed_by_now(self, api: Api, at_provider: Provider) -> None:
        api.post("/v1/notebooks", {"title": "Tuesday"}, Idempotency_Key="once")
        demoted = {"Authorization": f"Bearer {at_provider.token('carys')}"}
        problem(
            api.post("/v1/notebooks", {"title": "Tuesday"}, who=demoted, Idempotency_Key="once"), 403, "not-allowed"
        )

    def test_of_a_repetition_makes_no_key_for_nobody(self, api: Api, here: Running) -> None:
        emptied(here.keyring_database)
        for _ in range(3):
            api.post("/v1/notebooks", {"title": "Tuesday", "owner_name": "Ann Lee"}, Idempotency_Key="once")
        with here.keyring_database.statement() as db:
            assert db.value(int, "select count(*) from subject_keys") == 1

    def test_that_is_being_answered_is_told_apart_and_then_answered_the_same(
        self, app: Flask, api: Api, here: Running, at_provider: Provider
    ) -> None:
        carys = here.keyring.pseudonym("account", f"{at_provider.issuer} carys")
        body, answers = {"title": "Tuesday"}, list[TestResponse]()
        first = Thread(
            target=lambda: answers.append(
                Api(app.test_client(), at_provider).post("/v1/notebooks", body, Idempotency_Key="once")
            )
        )
        with here.database.transaction() as held:
            # The first is held up in the middle of its append by somebody else's row under its key.
            held.execute(
                "insert into requests (actor, key, fingerprint, response, answered_at)"
                " values (%s, 'once', '', '{}', now())",
                f"account:{carys}",
            )
            first.start()
            waiting = "select pid from pg_stat_activity where wait_event = 'transactionid'"

            def held_up() -> bool:
                with here.database.statement() as db:
                    return bool(db.all(int, waiting))

            eventually(held_up, "the first request waits")
            response = api.post("/v1/notebooks", body, Idempotency_Key="once")
            problem(response, 409, "in-flight")
            assert response.headers["Retry-After"] == "1"
            held.roll_back()
        first.join()
        again = api.post("/v1/notebooks", body, Idempotency_Key="once")
        assert (again.status_code, again.data) == (answers[0].status_code, answers[0].data)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert stored(here) == 2

    @pytest.mark.parametrize("key", ["", pytest.param("x" * 256, id="long")])
    def test_has_a_length(self, api: Api, here: Running, key: str) -> None:
        problem(api.post("/v1/notebooks", {"title": "x"}, Idempotency_Key=key), 400, "bad-idempotency-key")
        assert stored(here) == 0


class TestACopsePosition:
    def written(self, api: Api) -> tuple[str, str]:
        path = api.opened()
        return path, api.post(f"{path}/lines", {"text": "tea"}).headers["Copse-Position"]

    def test_waits_until_the_page_shows_the_callers_own_change(self, api: Api, here: Running) -> None:
        path, position = self.written(api)
        asked, answers = Event(), list[TestResponse]()

        def ask() -> None:
            asked.set()
            answers.append(api.get(path, Copse_Position=position))

        reader = Thread(target=ask)
        reader.start()
        assert asked.wait(5)
        project(here)
        reader.join()
        assert answers[0].status_code == 200
        assert answers[0].get_json()["lines"] == ["tea"]

    def test_is_answered_at_once_when_the_page_is_there(self, api: Api, here: Running) -> None:
        path, position = self.written(api)
        project(here)
        assert api.get(path, Copse_Position=position).status_code == 200

    def test_says_try_again_when_the_page_stays_behind(self, api: Api) -> None:
        path, position = self.written(api)
        response = api.get(path, Copse_Position=position)
        problem(response, 503, "not-yet")
        assert response.headers["Retry-After"]

    def test_of_another_service_says_nothing_here(self, api: Api, here: Running) -> None:
        path, _ = self.written(api)
        project(here)
        assert api.get(path, Copse_Position="meetings:99999999.9").status_code == 200

    @pytest.mark.parametrize(
        "nonsense", ["notebooks:", "notebooks:x", "notebooks:1", "notebooks:1.2.3", "notebooks:1.\xb2"]
    )
    def test_that_is_none_is_refused(self, api: Api, nonsense: str) -> None:
        problem(api.get(f"/v1/notebooks/{uuid4()}", Copse_Position=f"notebooks:{nonsense}"), 400, "bad-position")


class TestAPage:
    def test_has_a_link_to_the_next_until_the_last(self, api: Api, here: Running) -> None:
        for nth in range(5):
            api.post(f"{api.opened()}/lines", {"text": f"{nth}"})
        project(here)
        address, seen = "/v1/notebooks?limit=2", []
        while address:
            response = api.get(address, who=api.member)
            assert response.headers["Cache-Control"] == "private, no-store"
            seen.append([item["text"] for item in response.get_json()["items"]])
            link = response.headers.get("Link", "")
            address = link.partition(">")[0].removeprefix("<")
            assert not link or 'rel="next"' in link
        assert seen == [["0", "1"], ["2", "3"], ["4"]]

    def test_says_not_modified_to_who_has_it(self, api: Api, here: Running) -> None:
        path = api.opened()
        api.post(f"{path}/lines", {"text": "tea"})
        project(here)
        etag = api.get(path).headers["ETag"]
        assert etag == '"2"'
        assert api.get(path, If_None_Match=etag).status_code == 304


class TestEverythingElse:
    def test_that_is_not_there_is_told(self, api: Api, here: Running) -> None:
        problem(api.get("/v1/nothing"), 404, "not-found")
        problem(api.get("/v1/notebooks/not-a-uuid"), 404, "not-found")
        problem(api.get(f"/v1/notebooks/{uuid4()}"), 404, "not-found")
        problem(api.post(f"/v1/notebooks/{uuid4()}/lines", {"text": "tea"}), 404, "not-found")
        assert stored(here) == 0

    def test_that_cannot_be_done_here_says_what_can(self, api: Api) -> None:
        response = api.send("DELETE", "/v1/notebooks", b"")
        problem(response, 405, "not-here")
        assert {"GET", "POST"} <= {method.strip() for method in response.headers["Allow"].split(",")}

    def test_that_a_rule_refuses_says_why_in_its_own_words(self, api: Api, here: Running) -> None:
        path = api.opened()
        api.post(f"{path}/closing", If_Match='"1"')
        body = problem(api.post(f"{path}/lines", {"text": "tea"}, Idempotency_Key="once"), 409, "notebook-closed")
        assert body["detail"] == "This notebook is closed."
        assert body["instance"] == f"{path}/lines"
        assert stored(here) == 2

    @pytest.mark.parametrize("newer", ["schema_version = 2", "type = 'notebook-painted'"])
    def test_that_a_newer_release_recorded_is_told_apart_from_what_is_broken(
        self, api: Api, here: Running, newer: str
    ) -> None:
        """As it is met by the release before, to which one went back."""
        path = api.opened()
        with here.database.transaction() as db:
            db.execute(f"update events set {newer}")
        with capture_logs() as logged:
            response = api.post(f"{path}/lines", {"text": "tea"})
        body = problem(response, 503, "newer-release")
        assert "A newer release" in body["detail"]
        assert response.headers["Retry-After"]
        assert [(line["log_level"], line["event"]) for line in logged] == [("error", "recorded by a newer release")]
        assert stored(here) == 1

    def test_that_came_by_an_unknown_way_is_refused(self, api: Api, here: Running) -> None:
        body = problem(api.post("/v1/notebooks", {"title": "x"}, Copse_Channel="pigeon"), 400, "unknown-channel")
        assert "phone" in body["detail"]
        assert stored(here) == 0

    def test_that_the_database_cannot_do_just_now_is_said_and_changes_nothing(
        self, here: Running, at_provider: Provider
    ) -> None:
        gone = replace(here.settings, database_url=f"postgresql://copse:secret@127.0.0.1:{free_port()}/gone")
        api = Api(create_app(Running(SERVICE, gone)).test_client(), at_provider)
        response = api.post("/v1/notebooks", {"title": "Tuesday"})
        body = problem(response, 503, "unavailable")
        assert response.headers["Retry-After"]
        assert "secret" not in response.text
        assert "127.0.0.1" not in body["detail"]
        ready = api.get("/readyz")
        assert ready.status_code == 503
        assert "secret" not in ready.text
        assert api.get("/healthz").status_code == 200

    def test_ready_means_that_it_can_be_used(self, api: Api, here: Running) -> None:
        assert api.get("/readyz").get_json() == {"status": "ready", "missing": []}
        with here.database.transaction() as db:
            db.execute("delete from projections")
        response = api.get("/readyz")
        assert response.status_code == 503
        assert "copse migrate notebooks" in response.get_json()["missing"][0]

    def test_the_page_to_read_tells_every_route_with_its_permission_and_loads_nothing(self, api: Api) -> None:
        document, answer = api.get("/openapi.json").get_json(), api.get("/docs", X_Forwarded_Prefix="/api/notebooks")
        shown = re.sub(r"<[^>]+>", "", answer.text)
        for path, methods in document["paths"].items():
            for method in methods.keys() & {"get", "post", "put", "patch", "delete"}:
                assert f"{method.upper()}{path}\n" in shown
        assert "Permission notebooks:open: coordinator." in shown
        assert "For everybody; no token needed." in shown
        assert "inks[].colour" in shown
        assert "1 to 20 characters; on one line" in shown
        assert '"colour": "Colour"' in html.unescape(shown)
        assert not re.search(r"<script|\bsrc=|<link|@import|url\(", answer.text)
        assert re.findall(r'href="([^#"][^"]*)"', answer.text) == ["http://localhost/api/notebooks/openapi.json"]
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy

    def test_the_page_and_the_document_say_that_lists_are_pages(self, api: Api) -> None:
        answers = api.get("/openapi.json").get_json()["paths"]["/v1/notebooks"]["get"]["responses"]["200"]
        schema = answers["content"]["application/json"]["schema"]
        assert (schema["type"], list(schema["properties"])) == ("object", ["items"])
        assert api.get("/v1/notebooks", who=api.member).get_json() == {"items": []}
        assert "items[].version" in api.get("/docs").text

    def test_metrics_are_for_those_inside(self, api: Api) -> None:
        api.get("/v1/notebooks", who=api.nobody)
        text = api.get("/metrics").text
        assert 'copse_http_request_seconds_count{method="GET",route="/v1/notebooks",status="401"}' in text
        assert "copse_relay_lag_events 0.0" in text
        assert api.get("/metrics", X_Forwarded_For="192.0.2.1").status_code == 404

    def test_appends_are_timed_by_what_came_of_them(self, api: Api) -> None:
        before = appends("appended")
        path = api.post("/v1/notebooks", {"title": "Tuesday"}).headers["Location"]
        assert appends("appended") == before + 1
        api.post(f"{path}/closing", {}, If_Match='"1"')
        assert api.post(f"{path}/closing", {}, If_Match='"1"').status_code == 412
        assert appends("appended") == before + 2

    def test_the_openapi_document_names_the_permission_of_every_route(self, api: Api) -> None:
        document = api.get("/openapi.json").get_json()
        operations = [
            (path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method in ("get", "post", "put", "patch", "delete")
        ]
        assert len([path for path, *_ in operations if path.startswith("/v1/notebooks")]) == 5
        for path, method, operation in operations:
            assert operation["x-permission"], f"{method} {path}"
            assert ("security" in operation) == (operation["x-permission"] != "public")


class TestARouteWithoutARule:
    def started(self, *resources: Blueprint, here: Running) -> None:
        def all_of() -> Sequence[object]:
            return resources

        create_app(Running(replace(SERVICE, resources=all_of), here.settings))

    def test_does_not_start(self, here: Running) -> None:
        open_door = Blueprint("door", "door", url_prefix="/v1")

        @open_door.route("/door")
        class Door(MethodView):
            @needs("notebooks:open")
            def get(self) -> str:
                return "closed"

            def post(self) -> str:
                return "open"

        with pytest.raises(RuntimeError, match="POST /v1/door names no permission"):
            self.started(open_door, here=here)

    def test_does_not_start_as_a_function_either(self, here: Running) -> None:
        open_door = Blueprint("door", "door", url_prefix="/v1")

        @open_door.route("/door")
        def door() -> str:
            return "open"

        with pytest.raises(RuntimeError, match="GET /v1/door names no permission"):
            self.started(open_door, here=here)
