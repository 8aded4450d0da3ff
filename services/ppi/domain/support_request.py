"""A support request: a researcher asks for help with an idea before it is funded, and must say what came of it.

Asked, judged against the members' priorities, offered to members of the Lived Experience Working Group (LEWG),
accepted, reviewed, released to the researcher, answered. Only the answer closes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from services.ppi.domain.days import day_of
from services.ppi.domain.payment_rates import NoRate, Rate, rate_in_force
from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, Instant, MemberId, Sealed, event

NOTICE: Final = timedelta(days=14)
"""Reviewers need at least two weeks to read an application (Table 1 of doi 10.1186/s40900-017-0058-y; the Cambridge
University Hospitals PPI panel asks for the same, cambridgebrc.nihr.ac.uk)."""

FARTHEST: Final = timedelta(days=730)
"""A day that is farther away than this was mistyped."""

MOST_REVIEWERS: Final = 2
"""One or two members review an application, as the Kent Research Partnership offered it."""

TIME_TO_RESPOND: Final = timedelta(days=28)
"""Our promise to reviewers. One in five public contributors never hears back (PMC6186542)."""


class Kind(StrEnum):
    """What help is asked for."""

    APPLICATION_REVIEW = "application-review"
    PLAIN_ENGLISH_SUMMARY = "plain-english-summary"
    SMALL_DISCUSSION = "small-discussion"


class Status(StrEnum):
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    RELEVANT = "relevant"
    NOT_RELEVANT = "not-relevant"
    OFFERED = "offered"
    IN_REVIEW = "in-review"
    REVIEW_IN = "review-in"
    RELEASED = "released"
    CLOSED = "closed"


class OfferStatus(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@event("support-requested")
class SupportRequested:
    """Title and summary are confidential: an unfunded idea belongs to the person who had it."""

    requester: MemberId
    title: Annotated[str, Sealed(of="requester")]
    kind: Kind
    summary: Annotated[str, Sealed(of="requester")]
    needed_by: date
    reviewers: int
    activity: str


@event("relevance-judged")
class RelevanceJudged:
    """`priority` is the text of a published priority that the idea fits."""

    requester: MemberId
    relevant: bool
    reason: Annotated[str, Sealed(of="requester")]
    priority: str | None = None


@event("review-offered")
class ReviewOffered:
    """The fee is what the member is told before she decides: the rate in force on the day of the offer."""

    member: MemberId
    answer_by: date
    fee_pence: int
    rate_from: date


@event("offer-accepted")
class OfferAccepted:
    """The member said yes and declared that she has no conflict of interest."""

    member: MemberId


@event("offer-declined")
class OfferDeclined:
    """The member said no, or stepped back after a yes. A reason is never needed."""

    member: MemberId
    reason: Annotated[str | None, Sealed(of="member")] = None


@event("offer-expired")
class OfferExpired:
    member: MemberId


@event("offer-withdrawn")
class OfferWithdrawn:
    """The member need not answer any more: the reviewers are found, or the reviews have gone out."""

    member: MemberId


@event("review-sent")
class ReviewSent:
    member: MemberId
    text: Annotated[str, Sealed(of="member")]
    sent_on: date


@dataclass(frozen=True, slots=True)
class ReviewDone:
    """Who reviewed, and on which day: what a fee depends on."""

    member: MemberId
    sent_on: date


@event("reviews-released")
class ReviewsReleased:
    """The researcher may read the reviews, without names. `work` says what each reviewer has earned a fee for."""

    requester: MemberId
    reviewers: tuple[MemberId, ...]
    activity: str
    work: tuple[ReviewDone, ...]
    response_due_at: Instant


@event("response-overdue")
class ResponseOverdue:
    requester: MemberId


@event("response-given")
class ResponseGiven:
    requester: MemberId
    what_we_changed: Annotated[str, Sealed(of="requester")]


@event("request-closed")
class RequestClosed:
    pass


@dataclass(frozen=True, slots=True)
class Offer:
    """One member's part in a request."""

    status: OfferStatus
    answer_by: date
    sent_on: date | None = None


def stage_of_reviewing(*, waiting: int, accepted: int, reviewed: int) -> Status:
    """Where a relevant request stands, by how many members have not answered yet, said yes, and sent their review."""
    if accepted:
        return Status.REVIEW_IN if reviewed == accepted else Status.IN_REVIEW
    return Status.OFFERED if waiting else Status.RELEVANT


class SupportRequest(State, category="support-request"):
    reached: Status = Status.UNKNOWN
    requester: MemberId | None = None
    needed_by: date = date.max
    reviewers: int = 0
    activity: str = ""
    offers: Mapping[MemberId, Offer] = field(default_factory=dict)
    response_due_at: datetime | None = None
    overdue: bool = False

    def evolve(self, event: Event) -> Self:
        match event:
            case SupportRequested():
                return replace(
                    self,
                    reached=Status.SUBMITTED,
                    requester=event.requester,
                    needed_by=event.needed_by,
                    reviewers=event.reviewers,
                    activity=event.activity,
                )
            case RelevanceJudged():
                return replace(self, reached=Status.RELEVANT if event.relevant else Status.NOT_RELEVANT)
            case ReviewOffered():
                return self._with(event.member, Offer(OfferStatus.OFFERED, event.answer_by))
            case OfferAccepted():
                return self._answered(event.member, OfferStatus.ACCEPTED)
            case OfferDeclined():
                return self._answered(event.member, OfferStatus.DECLINED)
            case OfferExpired():
                return self._answered(event.member, OfferStatus.EXPIRED)
            case OfferWithdrawn():
                return self._answered(event.member, OfferStatus.WITHDRAWN)
            case ReviewSent():
                return self._with(event.member, replace(self.offers[event.member], sent_on=event.sent_on))
            case ReviewsReleased():
                return replace(self, reached=Status.RELEASED, response_due_at=event.response_due_at)
            case ResponseOverdue():
                return replace(self, overdue=True)
            case RequestClosed():
                return replace(self, reached=Status.CLOSED)
        return self

    @property
    def status(self) -> Status:
        if self.reached is not Status.RELEVANT:
            return self.reached
        return stage_of_reviewing(waiting=len(self.waiting), accepted=len(self.accepted), reviewed=len(self.reviewed))

    @property
    def waiting(self) -> list[MemberId]:
        """Those who were asked and have not answered, in the order in which they were asked."""
        return [member for member, offer in self.offers.items() if offer.status is OfferStatus.OFFERED]

    @property
    def accepted(self) -> list[MemberId]:
        return [member for member, offer in self.offers.items() if offer.status is OfferStatus.ACCEPTED]

    @property
    def reviewed(self) -> list[ReviewDone]:
        return [ReviewDone(member, offer.sent_on) for member, offer in self.offers.items() if offer.sent_on]

    def offer_to(self, member: MemberId) -> Offer:
        """Refuses when the member was never asked."""
        if member not in self.offers:
            raise Refused("not-offered", "You were not asked to review this request.")
        return self.offers[member]

    def _with(self, member: MemberId, offer: Offer) -> Self:
        return replace(self, offers={**self.offers, member: offer})

    def _answered(self, member: MemberId, status: OfferStatus) -> Self:
        return self._with(member, replace(self.offers[member], status=status))


class RequestSupport(Command[SupportRequest]):
    """Ask for help with an idea that is not funded yet."""

    creates = True

    requester: MemberId
    title: str
    kind: Kind
    summary: str
    needed_by: date
    reviewers: int
    activity: str

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        today = day_of(context.now)
        if self.needed_by < today + NOTICE:
            raise Refused(
                "too-soon",
                f"Reviewers need at least {NOTICE.days} days. The earliest day that you can choose is"
                f" {_said(today + NOTICE)}.",
            )
        if self.needed_by > today + FARTHEST:
            raise Refused("too-far-away", "This day is more than two years away. Check the year.")
        if not 1 <= self.reviewers <= MOST_REVIEWERS:
            raise Refused("one-or-two-reviewers", "Choose one or two reviewers.")
        _rate(self.activity, today)
        yield SupportRequested(
            requester=self.requester,
            title=self.title,
            kind=self.kind,
            summary=self.summary,
            needed_by=self.needed_by,
            reviewers=self.reviewers,
            activity=self.activity,
        )


class JudgeRelevance(Command[SupportRequest]):
    """Say whether the idea fits what members find important. This comes before anybody is asked to review it."""

    relevant: bool
    reason: str
    priority: str | None = None

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        if request.reached is not Status.SUBMITTED or request.requester is None:
            raise Refused("already-judged", f"This request was judged before: it is {request.status}.")
        if self.priority and not self.relevant:
            raise Refused("no-priority-fits", "Name a priority only for an idea that fits one.")
        yield RelevanceJudged(
            requester=request.requester, relevant=self.relevant, reason=self.reason, priority=self.priority
        )


class OfferReview(Command[SupportRequest]):
    """Ask a member of the working group to review, with the fee said first. Whether she is one, the API looks up."""

    member: MemberId
    answer_by: date

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        _can_be_reviewed(request)
        if self.member == request.requester:
            raise Refused("own-request", "Nobody reviews their own request. Ask somebody else.")
        before = request.offers.get(self.member)
        if before and before.status in (OfferStatus.OFFERED, OfferStatus.ACCEPTED):
            raise Refused("already-asked", "This member was asked already.")
        if before and before.status is OfferStatus.DECLINED:
            raise Refused("said-no", "This member said no, and no means no. Ask somebody else.")
        _place_is_free(request)
        today = day_of(context.now)
        if self.answer_by < today:
            raise Refused("answer-by-passed", "The day to answer by has passed. Give the member a few days.")
        if self.answer_by > request.needed_by:
            raise Refused(
                "answer-by-too-late",
                f"The review is needed by {_said(request.needed_by)}. Choose a day before to answer by.",
            )
        rate = _rate(request.activity, today)
        yield ReviewOffered(
            member=self.member, answer_by=self.answer_by, fee_pence=rate.amount_pence, rate_from=rate.since
        )


class AcceptOffer(Command[SupportRequest]):
    """Say yes. `no_conflict_of_interest` is the member's own declaration.

    Source: NIHR guidance for public reviewers (12245): conflicts must be declared.
    """

    member: MemberId
    no_conflict_of_interest: bool

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        offer = request.offer_to(self.member)
        if offer.status is OfferStatus.ACCEPTED:
            return
        if offer.status is OfferStatus.WITHDRAWN:
            raise Refused("offer-withdrawn", "This review needs nobody more, so you need not do anything. Thank you.")
        if offer.status is OfferStatus.DECLINED:
            raise Refused("offer-declined", "You said no to this review. If that was a mistake, tell the coordinator.")
        if offer.status is OfferStatus.EXPIRED or day_of(context.now) > offer.answer_by:
            raise Refused(
                "offer-expired",
                f"This offer ended on {_said(offer.answer_by)}. If you still want to review, tell the coordinator.",
            )
        if not self.no_conflict_of_interest:
            raise Refused(
                "conflict-of-interest",
                "Only somebody without a conflict of interest can review. If you have one, say no to the offer:"
                " you need not give a reason.",
            )
        _place_is_free(request)
        yield OfferAccepted(member=self.member)
        if len(request.accepted) + 1 == request.reviewers:
            yield from (OfferWithdrawn(member=other) for other in request.waiting if other != self.member)


class DeclineOffer(Command[SupportRequest]):
    """Say no, or stop after a yes, with or without a reason.

    Source: the right to stop without reasons, Table 1 of doi 10.1186/s40900-017-0058-y.
    """

    member: MemberId
    reason: str | None = None

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        offer = request.offer_to(self.member)
        if offer.sent_on:
            raise Refused("review-sent", "You sent your review already. To take it back, tell the coordinator.")
        if offer.status in (OfferStatus.OFFERED, OfferStatus.ACCEPTED):
            yield OfferDeclined(member=self.member, reason=self.reason)


class ExpireOffer(Command[SupportRequest]):
    """End an offer that was not answered in time. Changes nothing when it was, or when a newer one runs longer."""

    member: MemberId

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        offer = request.offer_to(self.member)
        if offer.status is OfferStatus.OFFERED and day_of(context.now) > offer.answer_by:
            yield OfferExpired(member=self.member)


class SendReview(Command[SupportRequest]):
    """Hand in the review: once, by a member who said yes."""

    member: MemberId
    text: str

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        offer = request.offer_to(self.member)
        if offer.sent_on:
            raise Refused("review-sent", "You sent your review already. To change it, tell the coordinator.")
        if offer.status is not OfferStatus.ACCEPTED:
            raise Refused("not-accepted", "Only somebody who said yes to the offer can send a review.")
        yield ReviewSent(member=self.member, text=self.text, sent_on=day_of(context.now))


class ReleaseReviews(Command[SupportRequest]):
    """Let the researcher read the reviews. From here her answer is due. Offers still open are taken back."""

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        if request.reached in (Status.RELEASED, Status.CLOSED):
            raise Refused("already-released", "The researcher has the reviews already.")
        if not request.reviewed or request.requester is None:
            raise Refused("no-review-yet", "There is no review to release yet.")
        if request.status is not Status.REVIEW_IN:
            raise Refused("review-missing", "A review is still being written. Wait until every one is in.")
        yield from (OfferWithdrawn(member=member) for member in request.waiting)
        yield ReviewsReleased(
            requester=request.requester,
            reviewers=tuple(done.member for done in request.reviewed),
            activity=request.activity,
            work=tuple(request.reviewed),
            response_due_at=context.now + TIME_TO_RESPOND,
        )


class NoteResponseOverdue(Command[SupportRequest]):
    """Note that the researcher owes her answer. Changes nothing when she gave it, or before it is due."""

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        if request.reached is not Status.RELEASED or request.overdue:
            return
        if request.requester and request.response_due_at and context.now >= request.response_due_at:
            yield ResponseOverdue(requester=request.requester)


class GiveResponse(Command[SupportRequest]):
    """Tell the reviewers what changed because of them. This closes the request, and nothing else does."""

    member: MemberId
    what_we_changed: str

    def decide(self, request: SupportRequest, context: Context) -> Iterator[Event]:
        if self.member != request.requester:
            raise Refused("not-the-requester", "Only the researcher who asked can say what changed.")
        if request.reached is Status.CLOSED:
            raise Refused("already-closed", "You answered already, and the request is closed.")
        if request.reached is not Status.RELEASED:
            raise Refused("nothing-to-answer", "The reviews were not released yet, so there is nothing to answer.")
        yield ResponseGiven(requester=self.member, what_we_changed=self.what_we_changed)
        yield RequestClosed()


def _can_be_reviewed(request: SupportRequest) -> None:
    match request.reached:
        case Status.SUBMITTED:
            raise Refused("relevance-first", "Judge first whether the idea fits the members' priorities.")
        case Status.NOT_RELEVANT:
            raise Refused("not-relevant", "This request was not taken on, so nobody is asked to review it.")
        case Status.RELEASED | Status.CLOSED:
            raise Refused("already-released", "The researcher has the reviews already.")


def _place_is_free(request: SupportRequest) -> None:
    if len(request.accepted) >= request.reviewers:
        raise Refused("reviewers-found", f"This request wants {request.reviewers}, and so many have said yes.")


def _rate(activity: str, on: date) -> Rate:
    try:
        return rate_in_force(activity, on)
    except NoRate:
        raise Refused("no-rate", "There is no payment rate for this activity. Choose one that is published.") from None


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
