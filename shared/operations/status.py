"""How far each part of each service has come, and what stands still: what `copse status` shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from shared.errors import CannotGoOn
from shared.messages.clock import Clock
from shared.operations.service_status import (
    FAILED_OFTEN,
    Holder,
    Lag,
    OpenEntries,
    PlacesRead,
    ServiceStatus,
    TopicLag,
    look_at,
    told_holder,
    told_lag,
    told_not_built,
)
from shared.operations.watched import Watched, seconds_since
from shared.projections.status import Abroad, PlacesAbroad
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.topics import Topic, first_times, topics_there

STILL_AFTER_SECONDS = 30.0
"""What waits longer than this stands still. A healthy part is done within a second."""


@dataclass(frozen=True, slots=True)
class Overview:
    """`still` names all that stands still, a sentence each; empty when everything moves."""

    services: list[ServiceStatus]
    kafka: str | None
    still: list[str]


def overview(
    watched: Sequence[Watched],
    broker: Broker | None,
    clock: Clock,
    *,
    silent: Mapping[str, str] | None = None,
    still_after: float = STILL_AFTER_SECONDS,
) -> Overview:
    """Looks at every service once. `silent` are those that could not even be asked, and why. Raises nothing."""
    services = [ServiceStatus(name, says=reason) for name, reason in (silent or {}).items()]
    read: list[tuple[ServiceStatus, PlacesRead]] = []
    for each in watched:
        status = ServiceStatus(each.service.name)
        services.append(status)
        try:
            read.append((status, look_at(status, each, clock)))
        except CannotGoOn as error:
            status.says = str(error)
    # After the databases: an end that was asked first could be older than a place, and look like a shortened topic.
    kafka = fill_consumers(read, broker, clock)
    still = [f"{status.service}: {what}" for status in services for what in _still(status, clock, still_after)]
    return Overview(services, kafka, [*([kafka] if kafka else []), *still])


def fill_consumers(read: Sequence[tuple[ServiceStatus, PlacesRead]], broker: Broker | None, clock: Clock) -> str | None:
    """The lag of every consumer; a sentence when Kafka could not be asked."""
    if broker is None:
        return "KAFKA_BOOTSTRAP_SERVERS is not set, so consumers were not looked at."
    try:
        topics = topics_there(broker, [name for _, places in read for name in places])
        for status, places in read:
            status.consumer = [
                _topic_lag(topics[name], each, broker, clock) for name, each in places.items() if name in topics
            ]
            status.topics_missing = [name for name in places if name not in topics]
    except BrokerUnavailable as error:
        return str(error)
    return None


def lags_abroad(read: Sequence[PlacesAbroad], broker: Broker, clock: Clock) -> list[Abroad]:
    """What lies behind each of these places in the topics, or why that cannot be told. Raises nothing."""
    try:
        topics = topics_there(broker, [name for places in read for name in places])

        @cache
        def lag_at(name: str, place: tuple[tuple[int, int], ...]) -> TopicLag | None:
            """Asked once for all who stand at the same place: a look at what waits there costs a connection."""
            return _topic_lag(topics[name], dict(place), broker, clock) if name in topics else None

        return [
            _abroad({name: lag_at(name, tuple(sorted(place.items()))) for name, place in each.items()}) for each in read
        ]
    except BrokerUnavailable as error:
        return [Abroad(not_known=str(error)) if places else Abroad() for places in read]


def _abroad(lags: Mapping[str, TopicLag | None]) -> Abroad:
    there = [lag for lag in lags.values() if lag]
    wrong = [f"Kafka has no {name}. See: copse topics check" for name, lag in lags.items() if lag is None]
    shorter = [lag.topic for lag in there if lag.beyond_end]
    wrong += [f"{name} is shorter than what was read of it. See: copse topics check" for name in shorter]
    return Abroad(
        events=sum(lag.events for lag in there),
        seconds=max((lag.seconds or 0.0 for lag in there), default=0.0),
        not_known="\n".join(wrong) or None,
    )


def _topic_lag(topic: Topic, read: Mapping[int, int], broker: Broker, clock: Clock) -> TopicLag:
    places = {part: max(read.get(part, 0), beginning) for part, beginning in topic.beginnings.items()}
    waiting = {part: place for part, place in places.items() if place < topic.ends[part]}
    oldest = min(first_times(broker, topic, waiting).values(), default=None) if waiting else None
    return TopicLag(
        topic.name,
        events=sum(topic.ends[part] - place for part, place in waiting.items()),
        seconds=seconds_since(oldest, clock),
        beyond_end=any(place > topic.ends.get(part, 0) for part, place in read.items()),
    )


def _still(status: ServiceStatus, clock: Clock, after: float) -> Iterator[str]:
    """A sentence for each part that does not move."""
    if status.says:
        yield status.says
    if status.migrations_missing:
        yield f"{', '.join(status.migrations_missing)} not applied. Run: copse migrate {status.service}"
    if status.horizon and _held(status, status.horizon, after):
        yield f"readers wait for an open transaction of {told_holder(status.horizon)}"
    if status.relay and (status.relay.failure or _waits(status.relay, after)):
        yield f"the relay stands still: {told_lag(status.relay)}"
    for name, lag in status.readers.items():
        if lag.failure or _waits(lag, after):
            yield f"{name} stands still: {told_lag(lag)}"
    for projection in status.not_built:
        if projection.failure:
            yield f"{projection.name} {told_not_built(projection)}. Mend the cause: the worker tries again by itself"
        elif projection.seconds > after:
            yield (
                f"{projection.name} {told_not_built(projection)}, and lacks events until then. The worker's job builder"
                f" does it, and may take long. See: copse projections status {status.service}"
            )
    for each in status.consumer:
        if each.beyond_end:
            yield f"{each.topic} is shorter than what was read of it. See: copse topics check"
        elif each.events and (status.consumer_failure or (each.seconds or 0) > after):
            lag = Lag(each.events, each.seconds, status.consumer_failure)
            yield f"the consumer of {each.topic} stands still: {told_lag(lag)}"
    if status.dead_letters and status.dead_letters.letters:
        parked = status.dead_letters
        held = f"{parked.letters} dead letters hold {parked.streams} streams"
        yield f"{held}. See: copse dead-letters list {status.service}"
    if status.topics_missing:
        yield f"Kafka has no {', '.join(status.topics_missing)}. Run: copse migrate {status.service}"
    due_for = seconds_since(status.agenda.due_since, clock) if status.agenda else None
    if status.agenda and (due_for or 0) > after:
        yield f"the agenda stands still: {status.agenda.due} due, the oldest for {due_for:g} s"
    if status.agenda and status.agenda.failing:
        yield _told_failing(status.agenda)


def _told_failing(agenda: OpenEntries) -> str:
    entries = "1 entry" if agenda.failing == 1 else f"{agenda.failing} entries"
    return (
        f"{entries} of the agenda ({', '.join(agenda.failing_actions)}) failed {FAILED_OFTEN} times or more, the last"
        f" error is: {agenda.last_error}. Mend the cause: they are tried again by themselves, within an hour"
    )


def _held(status: ServiceStatus, holder: Holder, after: float) -> bool:
    """Whether a transaction holds readers back for too long. A start that the account may not see (an autovacuum has
    one for a moment) tells nothing; who waits does."""
    if holder.seconds is not None:
        return holder.seconds > after
    return any(_waits(lag, after) for lag in (status.relay, *status.readers.values()) if lag)


def _waits(lag: Lag, after: float) -> bool:
    return lag.events > 0 and (lag.seconds or 0) > after
