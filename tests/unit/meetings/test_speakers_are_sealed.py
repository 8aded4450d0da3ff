"""A speaker's name leaves the process only sealed, under a key that is hers alone."""

from datetime import timedelta
from uuid import UUID

from services.meetings.domain.meeting import MeetingPlanned, Speaker
from services.meetings.service import service
from shared.messages.codec import Codec
from shared.messages.recorded import BEGINNING, Stored
from shared.testing.decider import NOW

MEETING, EVENT, SPEAKER = UUID(int=1), UUID(int=2), UUID(int=3)
STREAM = f"meeting-{MEETING}"
PLANNED = MeetingPlanned(
    community=UUID(int=10),
    title="Keeping people in care work",
    about="A talk, then a discussion.",
    starts_at=NOW,
    ends_at=NOW + timedelta(hours=2),
    places=20,
    speakers=(Speaker(id=SPEAKER, name="Invented Speaker", topic="Staying in care work"),),
)


def test_a_speakers_name_is_sealed_under_her_own_id() -> None:
    sealed: list[tuple[UUID, str]] = []

    def seal(subject: UUID, text: str, associated: str) -> str:
        sealed.append((subject, text))
        return "sealed"

    name, version, data = Codec(service.events, seal=seal, unseal=lambda text, _: text).encode(PLANNED, EVENT, STREAM)
    assert (name, version) == ("meeting-planned", 1)
    assert sealed == [(SPEAKER, "Invented Speaker")]
    assert "Invented Speaker" not in data
    assert "Staying in care work" in data


def test_a_meeting_can_be_read_after_its_speaker_was_erased() -> None:
    codec = Codec(service.events, seal=lambda *_: "sealed", unseal=lambda *_: None)
    name, version, data = codec.encode(PLANNED, EVENT, STREAM)
    recorded = codec.decode(
        Stored(
            position=BEGINNING,
            event_id=EVENT,
            stream=STREAM,
            version=1,
            type=name,
            schema_version=version,
            data=data,
            metadata=f'{{"actor":"anonymous","channel":"web","correlation_id":"{EVENT}"}}',
            recorded_at=NOW,
        )
    )
    assert isinstance(recorded.event, MeetingPlanned)
    assert [(each.name, each.topic) for each in recorded.event.speakers] == [("[erased]", "Staying in care work")]
