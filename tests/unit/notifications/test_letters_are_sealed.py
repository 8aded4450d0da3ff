"""What a letter said leaves the process only sealed, under the key of the member whom it was for."""

from uuid import UUID

import pytest

from services.notifications.domain.delivery import DeliveryDoneByHand, DeliverySent
from services.notifications.service import service
from shared.messages.codec import Codec
from shared.messages.events import Event, MemberId

ANN, EVENT = MemberId(UUID(int=1)), UUID(int=2)


@pytest.mark.parametrize(
    ("event", "personal"),
    [
        (DeliverySent(member=ANN, subject="Welcome, Ann", body="Dear Ann"), ["Welcome, Ann", "Dear Ann"]),
        (DeliveryDoneByHand(member=ANN, note="Spoke to Ann"), ["Spoke to Ann"]),
    ],
)
def test_words_to_a_member_are_sealed_under_her_key(event: Event, personal: list[str]) -> None:
    sealed: list[tuple[UUID, str]] = []

    def seal(subject: UUID, text: str, _associated: str) -> str:
        sealed.append((subject, text))
        return "sealed"

    _, _, data = Codec(service.events, seal=seal, unseal=lambda text, _: text).encode(
        event, EVENT, f"delivery-{UUID(int=3)}"
    )
    assert sealed == [(ANN, text) for text in personal]
    assert "Ann" not in data
