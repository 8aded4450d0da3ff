"""Invented facts for letters: a meeting in July, one in December, and a request with all that belongs to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from services.notifications.domain.delivery import Channel
from services.notifications.letters.help import Help
from services.notifications.letters.letter import Facts
from services.notifications.projections.arrangements import ArrangementRow
from services.notifications.projections.meetings import MeetingRow, ReplyRow
from services.notifications.projections.rights_letters import RightsLetterRow
from services.notifications.projections.support_requests import FeeRow, OfferRow, SupportRequestRow

JULY: Final = MeetingRow(
    meeting_id=UUID(int=10),
    community_id=UUID(int=20),
    title="Keeping people in care work",
    about="A talk, then time to talk with each other.",
    starts_at=datetime(2027, 7, 6, 9, 0, tzinfo=UTC),
    ends_at=datetime(2027, 7, 6, 10, 30, tzinfo=UTC),
    venue="Village hall, Example Lane",
    online_link="https://meet.example.org/july",
    phone_number="01632 960123",
    speakers='[{"id": "00000000-0000-0000-0000-00000000001e", "name": "Zoë Invented", "topic": "Why people stay"}]',
)
DECEMBER: Final = replace(
    JULY,
    meeting_id=UUID(int=11),
    starts_at=datetime(2027, 12, 7, 10, 0, tzinfo=UTC),
    ends_at=datetime(2027, 12, 7, 11, 30, tzinfo=UTC),
    speakers="[]",
)
REQUEST: Final = SupportRequestRow(
    request_id=UUID(int=40),
    requester_id=UUID(int=41),
    title="What helps new care workers to stay?",
    kind="application-review",
    needed_by=date(2027, 8, 31),
    reviewers=[UUID(int=42)],
    what_we_changed="We asked fewer questions.\n\nAnd <b>shorter</b> ones.",
)
FACTS: Final = Facts(
    name="Siân O'Example",
    channel=Channel.EMAIL,
    portal_url="https://copse.example.org",
    quick_guide_url="https://copse.example.org/quick-guide",
    community="Workforce",
    community_id=UUID(int=20),
    meeting=JULY,
    reply=ReplyRow(way="online", standing="place", waited=False),
    request=REQUEST,
    offer=OfferRow(answer_by=date(2027, 7, 20), fee_pence=2750),
    fee=FeeRow(
        claim_id=UUID(int=50),
        request_id=REQUEST.request_id,
        payee_id=UUID(int=42),
        amount_pence=2750,
        activity_on=date(2027, 8, 3),
    ),
    help=Help(
        on=datetime(2027, 6, 30, 13, 0, tzinfo=UTC),
        asked="by phone",
        done=("You have a place at the meeting “Keeping people in care work”. We said that you will join by phone.",),
    ),
    rights=RightsLetterRow(
        request_id=UUID(int=60),
        kind="rights-received",
        member_id=UUID(int=42),
        right="access",
        due_on=date(2027, 8, 3),
        text="We looked everywhere.",
    ),
    arranged=[
        ArrangementRow(made=True, arrangement="Captions", note="A person types."),
        ArrangementRow(made=True, arrangement="Breaks", note=None),
        ArrangementRow(made=False, arrangement="Interpreting into another language: Polish", note="Nobody is free."),
    ],
    reason="We can only welcome people who live or work in Kent.",
    code="1234 5678",
)
