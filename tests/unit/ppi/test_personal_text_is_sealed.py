"""What people wrote leaves the process only sealed, each text under the key of the person who wrote it."""

from uuid import UUID

from services.ppi.domain.support_request import OfferDeclined, ResponseGiven
from services.ppi.service import service
from shared.messages.codec import Codec
from shared.messages.events import Event
from tests.unit.ppi.story import MARION, RELEVANT, ROWAN, asked, offered, released, reviewed

STREAM = f"support-request-{UUID(int=30)}"


def sealed_in(event: Event) -> tuple[set[tuple[UUID, str]], str]:
    """Which texts were sealed under whose key, and the JSON that is stored."""
    sealed: set[tuple[UUID, str]] = set()

    def seal(subject: UUID, text: str, associated: str) -> str:
        sealed.add((subject, text))
        return "sealed"

    codec = Codec(service.events, seal=seal, unseal=lambda text, _: text)
    return sealed, codec.encode(event, UUID(int=40), STREAM)[2]


def test_what_the_researcher_wrote_is_sealed_under_her_key() -> None:
    request = asked()
    sealed, stored = sealed_in(request)
    assert sealed == {(ROWAN, request.title), (ROWAN, request.summary)}
    assert request.title not in stored
    answer = ResponseGiven(requester=ROWAN, what_we_changed="We say rota now.")
    assert sealed_in(answer)[0] == {(ROWAN, "We say rota now.")}


def test_the_reason_of_the_judgement_speaks_of_the_idea_and_is_sealed_under_its_owners_key() -> None:
    assert sealed_in(RELEVANT)[0] == {(ROWAN, RELEVANT.reason)}


def test_what_a_reviewer_wrote_is_sealed_under_her_key() -> None:
    review = reviewed(MARION)
    sealed, stored = sealed_in(review)
    assert sealed == {(MARION, review.text)}
    assert review.text not in stored
    assert sealed_in(OfferDeclined(member=MARION, reason="I am ill."))[0] == {(MARION, "I am ill.")}


def test_the_other_events_hold_no_text_that_somebody_wrote() -> None:
    for event in (offered(MARION), OfferDeclined(member=MARION), released(MARION)):
        assert sealed_in(event)[0] == set()
