"""What a member needs so that she can take part: said once, shared if she wants, looked at again each year.

    (nothing) -> said -> shared for meetings <-> kept to herself and the coordinators
                  |
                  +-> review due -> reviewed

Of the six steps of the Accessible Information Standard (DAPB1605) ask, record, flag, share, act, review, this is ask,
record, share and review; meetings flag and act (`services/meetings/domain/arrangements.py`). The id is her member id.

That somebody needs something can say that she is ill. So what she said is sealed as one text of even length, and the
events are the same for somebody who needs nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Self

from services.membership.domain.needs_list import IN_FORCE, LISTED, REVIEW_AFTER, VERSION
from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.even_length import evenly, read_evenly
from shared.messages.events import Event, Instant, Sealed, event

MEETINGS = "meetings"
"""The purpose for which meetings read what is shared."""


@dataclass(frozen=True, slots=True)
class Need:
    """`code` is one of the list; `detail` says more of what is to be arranged, such as which language."""

    code: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What she said. `words` are her own, for herself and the coordinators unless she shares them too."""

    needs: tuple[Need, ...] = ()
    words: str | None = None


@dataclass(frozen=True, slots=True)
class ToArrange:
    """A need as it is told to another service, in the words of the day: that service knows no list."""

    code: str
    arrangement: str
    detail: str | None = None
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    needs: tuple[ToArrange, ...] = ()
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Sharing:
    """For one purpose: the wording that she agreed to, and whether her own words go along."""

    wording: str
    words_too: bool


@event("access-needs-said")
class AccessNeedsSaid:
    """All that she needs from now on, in place of what she said before. `said` is a `Said` of even length."""

    list_version: str
    said: Annotated[str | None, Sealed(holds=Said)]
    review_due_at: Instant


@event("access-needs-review-due")
class AccessNeedsReviewDue:
    """Nobody has looked for a year whether this is still right. She is asked, whether she needs something or not."""


@event("access-needs-reviewed")
class AccessNeedsReviewed:
    """She looked, and it is still right."""

    review_due_at: Instant


@event("access-needs-shared")
class AccessNeedsShared:
    """She agreed to this wording, or what she shares has changed. `shared` is a `Shared` of even length."""

    purpose: str
    wording: str
    words_too: bool
    shared: Annotated[str | None, Sealed(holds=Shared)]


@event("access-needs-sharing-stopped")
class AccessNeedsSharingStopped:
    purpose: str


class AccessNeeds(State, category="access-needs"):
    """`said` is None until she said something, and once it is erased."""

    said: Said | None = None
    sharing: Mapping[str, Sharing] = field(default_factory=dict)
    review_due_at: datetime | None = None
    review_due: bool = False

    def evolve(self, event: Event) -> Self:
        match event:
            case AccessNeedsSaid():
                said = read_evenly(event.said, Said)
                return replace(self, said=said, review_due_at=event.review_due_at, review_due=False)
            case AccessNeedsReviewDue():
                return replace(self, review_due=True)
            case AccessNeedsReviewed():
                return replace(self, review_due_at=event.review_due_at, review_due=False)
            case AccessNeedsShared():
                now = Sharing(wording=event.wording, words_too=event.words_too)
                return replace(self, sharing={**self.sharing, event.purpose: now})
            case AccessNeedsSharingStopped():
                return replace(self, sharing={name: how for name, how in self.sharing.items() if name != event.purpose})
        return self


class SayNeeds(Command[AccessNeeds]):
    """Say all that one needs, in place of what was said before. Where it is shared, the change is shared as well."""

    needs: tuple[Need, ...]
    words: str | None = None

    def decide(self, access_needs: AccessNeeds, context: Context) -> Iterator[Event]:
        known = access_needs.said or Said()
        now = Said(_in_order(self.needs, known), self.words)
        if now == access_needs.said:
            yield from StillRight().decide(access_needs, context)
            return
        yield AccessNeedsSaid(list_version=VERSION, said=evenly(now), review_due_at=context.now + REVIEW_AFTER)
        for purpose, how in access_needs.sharing.items():
            yield _shared(purpose, how, now)


class SayFirstNeeds(Command[AccessNeeds]):
    """The same, by somebody who never said anything."""

    creates = True

    needs: tuple[Need, ...]
    words: str | None = None

    def decide(self, access_needs: AccessNeeds, context: Context) -> Iterator[Event]:
        yield from SayNeeds(needs=self.needs, words=self.words).decide(access_needs, context)


class StillRight(Command[AccessNeeds]):
    """Look at what was said, and leave it as it is. The next look is a year from now."""

    def decide(self, access_needs: AccessNeeds, context: Context) -> Iterator[Event]:
        yield AccessNeedsReviewed(review_due_at=context.now + REVIEW_AFTER)


class NoteReviewDue(Command[AccessNeeds]):
    """A year is over: ask whether it is still right. Nothing when somebody looked meanwhile."""

    def decide(self, access_needs: AccessNeeds, context: Context) -> Iterator[Event]:
        due_at = access_needs.review_due_at
        if due_at is not None and context.now >= due_at and not access_needs.review_due:
            yield AccessNeedsReviewDue()


class ShareNeeds(Command[AccessNeeds]):
    """Agree that what one needs is told for a purpose, in a wording that one was shown. Own words only if wished."""

    purpose: str
    wording: str
    words_too: bool = False

    def decide(self, access_needs: AccessNeeds, context: Context) -> Iterator[Event]:
        in_force = IN_FORCE.get(self.purpose)
        if in_force is None:
            raise Refused("unknown-purpose", "Needs cannot be shared for this purpose. Choose one of the list.")
        if in_force.version != self.wording:
            raise Refused("other-wording", "The wording has changed since this page was opened. Read it again.")
        how = Sharing(wording=self.wording, words_too=self.words_too)
        if access_needs.sharing.get(self.purpose) != how:
            yield _shared(self.purpose, how, access_needs.said or Said())


class StopSharing(Command[AccessNeeds]):
    """Stop it, as easily as it was begun. Twice is as once."""

    purpose: str

    def decide(self, access_needs: AccessNeeds, context: Context) -> Iterator[Event]:
        if self.purpose in access_needs.sharing:
            yield AccessNeedsSharingStopped(purpose=self.purpose)


def _in_order(needs: tuple[Need, ...], before: Said) -> tuple[Need, ...]:
    """In the order of the list, each once. A need that the list has ended may be kept, but not chosen anew."""
    chosen = {each.code: each for each in needs}
    had = {each.code for each in before.needs}
    for code in chosen:
        if code not in LISTED or (LISTED[code].ended and code not in had):
            raise Refused("unknown-need", "One of these needs is not on the list (any more). Choose from the list.")
    if any(LISTED[each.code].detail_needed and not each.detail for each in chosen.values()):
        raise Refused("detail-missing", "Say what is to be arranged, where the name of a need alone does not tell.")
    if len(chosen) < len(needs):
        raise Refused("need-twice", "One need is named twice. Name each once.")
    return tuple(chosen[code] for code in LISTED if code in chosen)


def _shared(purpose: str, how: Sharing, said: Said) -> AccessNeedsShared:
    listed = [(need, LISTED[need.code]) for need in said.needs]
    told = Shared(
        tuple(ToArrange(need.code, about.arrangement, need.detail, about.ways) for need, about in listed),
        said.words if how.words_too else None,
    )
    return AccessNeedsShared(purpose=purpose, wording=how.wording, words_too=how.words_too, shared=evenly(told))
