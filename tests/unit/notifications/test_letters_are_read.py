"""Whoever reads letters of others that tell of needs or formats is written down: over HTTP, as coordinators do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from services.notifications.contracts.membership import AssistedSessionOpened, FormatsChosen, MemberApproved
from services.notifications.domain.delivery import Channel, DeliveryQueued, Kind
from services.notifications.service import service
from services.notifications.settings import mail_settings
from shared.configuration import Settings
from shared.http.app import create_app
from shared.messages.clock import Clock
from shared.messages.events import Event, MemberId
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.projections.projection import make_tables
from shared.service import Running
from tests.kernel.provider import Provider, provider
from tests.servers import Databases

ANN, BEN, CAT = (MemberId(UUID(int=number)) for number in (1, 2, 3))
SESSION = UUID(int=90)


@dataclass
class Office:
    """Notifications' API, and what it was told."""

    running: Running
    provider: Provider
    client: FlaskClient

    def hears(self, event: Event, id: UUID) -> None:
        metadata = Metadata(actor="anonymous", channel="web", correlation_id=uuid4())
        recorded = Recorded(
            event=event,
            event_id=uuid4(),
            stream=f"anything-{id}",
            version=1,
            position=BEGINNING,
            who=metadata,
            recorded_at=self.running.clock.now(),
        )
        with self.running.database.transaction() as db:
            for projection in service.projections:
                projection.tell(recorded, db)

    def get(self, path: str, account: str, *roles: str, session: UUID | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.provider.token(account, roles)}"}
        if session:
            headers["Copse-On-Behalf-Of"] = str(session)
        answer = self.client.get(f"/v1/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def reads(self) -> list[tuple[list[str], list[str]]]:
        """Of whom letters were read, and in which roles: the newest read first."""
        rows = self.get("sensitive-reads", "dilys", "data-protection")["items"]
        assert {row["what"] for row in rows} <= {"letters"}
        return [(row["of_whom"], row["roles"]) for row in rows]

    def account(self, name: str) -> UUID:
        return self.running.keyring.pseudonym("account", f"{self.running.settings.issuer} {name}")


@pytest.fixture
def office(
    new_database: Callable[[Callable[[Databases], str]], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """Ann, Ben and Cat each have a letter that welcomed them."""
    said = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "copse@example.org", "PORTAL_URL": "http://127.0.0.1:1"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    mail_settings.cache_clear()
    with provider() as at_provider:
        settings = Settings(
            database_url=new_database(Databases.for_events),
            keyring_url=new_database(Databases.for_keys),
            master_key=b"k" * 32,
            kafka="127.0.0.1:1",
            kafka_replicas=1,
            issuer=at_provider.issuer,
            internal_issuer=at_provider.issuer,
            audience="copse",
            roles_claim="groups",
            algorithms=("RS256",),
        )
        running = Running(service, settings, Clock())
        for projection in service.projections:
            make_tables(projection, running.database)
        office = Office(running, at_provider, create_app(running).test_client())
        for id, name in ((ANN, "ann"), (BEN, "ben"), (CAT, "cat")):
            account = office.account(name)
            approved = MemberApproved(
                name=name, email=f"{name}@example.org", stakeholder_group="other", account=account
            )
            office.hears(approved, id)
            letter(office, id, Kind.WELCOME)
        yield office
        running.close()
    mail_settings.cache_clear()


def letter(office: Office, to: MemberId, kind: Kind) -> UUID:
    id = uuid4()
    office.hears(DeliveryQueued(member=to, kind=kind, channel=Channel.EMAIL, meeting=UUID(int=20)), id)
    return id


@pytest.mark.parametrize("kind", [Kind.ARRANGEMENTS, Kind.ACCESS_NEEDS_CHECK])
def test_a_letter_about_needs_is_noted_in_the_list_and_when_it_is_opened(office: Office, kind: Kind) -> None:
    office.get("deliveries", "carys", "coordinator")
    assert office.reads() == [], "a welcome tells nothing"
    id = letter(office, BEN, kind)
    office.get("deliveries", "ben")
    office.get(f"deliveries/{id}", "ben")
    assert office.reads() == [], "her own letters are nobody's business"
    office.get("deliveries", "carys", "coordinator")
    office.get(f"deliveries/{id}", "carys", "coordinator")
    assert office.reads() == [([str(BEN)], ["coordinator"])] * 2


@pytest.mark.parametrize("formats", ["easy-read", "large-print"])
def test_so_is_every_letter_to_somebody_who_needs_a_format(office: Office, formats: str) -> None:
    office.hears(FormatsChosen(formats=formats), CAT)
    id = letter(office, CAT, Kind.WELCOME)
    office.get("deliveries", "carys", "coordinator")
    office.get(f"deliveries/{id}", "carys", "coordinator")
    assert office.reads() == [([str(CAT)], ["coordinator"])] * 2


def test_what_is_on_the_next_page_is_not_read(office: Office) -> None:
    letter(office, BEN, Kind.ARRANGEMENTS)
    with office.running.database.transaction() as db:  # as if it were the oldest
        db.execute("update deliveries set queued_at = queued_at - interval '1 day' where kind = 'arrangements'")
    office.get("deliveries?limit=3", "carys", "coordinator")
    assert office.reads() == []


def test_whoever_acts_for_a_member_reads_as_somebody_else(office: Office) -> None:
    opened = AssistedSessionOpened(
        member=ANN,
        account=office.account("carys"),
        channel="phone",
        closes_at=office.running.clock.now() + timedelta(minutes=30),
    )
    office.hears(opened, SESSION)
    id = letter(office, ANN, Kind.ACCESS_NEEDS_CHECK)
    office.get("deliveries", "carys", "coordinator", session=SESSION)
    office.get(f"deliveries/{id}", "carys", "coordinator", session=SESSION)
    assert office.reads() == [([str(ANN)], ["coordinator", "assisted-session"])] * 2
