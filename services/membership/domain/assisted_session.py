"""An assisted session: for half an hour a coordinator acts for a member who asked her to, by phone or post.

    acting -> ended

It opens only when somebody checked that it is the member who asks, and says how. Whatever is done in it carries both
ids, in every service. After Decidim's managed participants (docs, `admin/participants/impersonations`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from shared.messages.decisions import Channel, Command, Context, Refused, State, replace
from shared.messages.events import Event, Instant, MemberId, Sealed, event

LONGEST: Final = timedelta(minutes=30)
"""Long enough for a call, too short to be forgotten open on a desk."""


class IdentityCheck(StrEnum):
    """How the coordinator knew that it was the member who asked."""

    KNEW_LAST_MEETING = "knew-last-meeting"
    CALLED_BACK = "called-back"
    KNOWN_VOICE = "known-voice"
    LETTER = "letter"
    FACE_TO_FACE = "face-to-face"


class Because(StrEnum):
    """Why a session ended."""

    DONE = "done"
    RAN_OUT = "ran-out"
    ANOTHER_OPENED = "another-opened"
    MEMBER_GONE = "member-gone"


@event("assisted-session-opened")
class AssistedSessionOpened:
    """`account` is the coordinator's sign-in, which alone may act in it; `channel` is how the member asked."""

    member: MemberId
    account: UUID
    reason: Annotated[str, Sealed(of="member")]
    channel: Channel
    checked: IdentityCheck
    closes_at: Instant


@event("assisted-session-ended")
class AssistedSessionEnded:
    member: MemberId
    because: Because


class AssistedSession(State, category="assisted-session"):
    opened: AssistedSessionOpened | None = None
    ended: bool = False

    def evolve(self, event: Event) -> Self:
        match event:
            case AssistedSessionOpened():
                return replace(self, opened=event)
            case AssistedSessionEnded():
                return replace(self, ended=True)
        return self

    @property
    def closes_at(self) -> datetime:
        """When it runs out. Raises ValueError for a session that was never opened."""
        if self.opened is None:
            raise ValueError("this session was never opened")
        return self.opened.closes_at


class OpenSession(Command[AssistedSession]):
    """Begin to act for a member. Goes together with `MustAcceptHelp` on her own stream."""

    creates = True

    member: MemberId
    account: UUID
    reason: str
    channel: Channel
    checked: IdentityCheck

    def decide(self, session: AssistedSession, context: Context) -> Iterator[Event]:
        if self.channel is Channel.WEB:
            raise Refused("not-by-web", "Somebody who uses the web acts for herself. Say how she asked you.")
        yield AssistedSessionOpened(
            member=self.member,
            account=self.account,
            reason=self.reason,
            channel=self.channel,
            checked=self.checked,
            closes_at=context.now + LONGEST,
        )


class EndSession(Command[AssistedSession]):
    """Stop acting for her. Twice is as once."""

    because: Because = Because.DONE

    def decide(self, session: AssistedSession, context: Context) -> Iterator[Event]:
        if session.opened and not session.ended:
            yield AssistedSessionEnded(member=session.opened.member, because=self.because)
