"""Read models whose rows are folds: the same rows however the events come, in one read and one write a batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.events import Event
from shared.messages.ids import uuid7
from shared.messages.recorded import Metadata, Position, Recorded
from shared.projections.projection import make_tables
from shared.projections.reader import Reader
from shared.projections.rows import Rows
from shared.streaming.broker import Broker
from shared.streaming.rebuilding import Rebuilding
from tests.kernel.notebook import Append, Close, LineWritten, NotebookClosed, NotebookOpened, Open
from tests.servers import emptied

ONE, TWO = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
TABLES = Path(__file__).with_name("cards.sql")


@dataclass(frozen=True)
class Card:
    notebook: UUID
    title: str
    letters: int
    marks: list[str]
    opened_at: datetime
    last: str | None = None


def cards_projection(version: int = 1) -> Rows[Card]:
    cards = Rows("cards", Card, version=version, tables=TABLES, key="notebook")

    @cards.begins(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded) -> Card:
        return Card(recorded.id, event.title, 0, [], recorded.recorded_at)

    @cards.changes(LineWritten)
    def _(event: LineWritten, recorded: Recorded, card: Card) -> Card:
        letters = card.letters + len(event.text)
        return replace(card, letters=letters, marks=[*card.marks, event.text[:1]], last=event.text)

    @cards.changes(NotebookClosed)
    def _(event: NotebookClosed, recorded: Recorded, card: Card) -> None:
        """A closed notebook has no card."""

    return cards


@pytest.fixture
def database(events_url: str) -> Iterator[Database]:
    """As a service has it: the projection's tables are in sight."""
    database = Database(events_url, application="copse-test", search_path=("public", "cards"))
    emptied(database)
    yield database
    database.close()


@pytest.fixture
def cards(database: Database) -> Rows[Card]:
    projection = cards_projection()
    make_tables(projection, database)
    return projection


def shown(database: Database) -> list[Card]:
    with database.transaction() as db:
        return db.all(Card, "select * from cards.cards order by notebook")


def recorded(notebook: UUID, version: int, event: Event) -> Recorded:
    return Recorded(
        event=event,
        event_id=uuid7(),
        stream=f"notebook-{notebook}",
        version=version,
        position=Position(1, version),
        who=Metadata(actor="anonymous", channel="web", correlation_id=uuid7()),
        recorded_at=NOON + timedelta(seconds=version),
    )


def tell(database: Database, cards: Rows[Card], events: Sequence[Recorded]) -> None:
    with database.transaction() as db:
        cards.tell_all(events, db)


def test_a_row_is_the_fold_of_its_streams_events(
    database: Database, codec: Codec, commands: Commands, context: Context, cards: Rows[Card]
) -> None:
    reader = Reader(database, codec, [cards])
    commands.handle(ONE, Open(title="Tuesday; 'quoted'"), context)
    commands.handle(TWO, Open(title="Friday"), context)
    commands.handle(ONE, Append(text="tea"), context)
    reader.advance_all()
    commands.handle(ONE, Append(text="milk"), context)
    commands.handle(TWO, Close(), context)
    reader.advance_all()
    assert shown(database) == [Card(ONE, "Tuesday; 'quoted'", 7, ["t", "m"], context.now, "milk")]


def test_an_event_about_no_row_passes(database: Database, cards: Rows[Card]) -> None:
    tell(database, cards, [recorded(ONE, 2, LineWritten(text="lost"))])
    assert shown(database) == []


def test_a_row_may_come_go_and_come_again_in_one_batch(database: Database, cards: Rows[Card]) -> None:
    opened, closed = NotebookOpened(title="A"), NotebookClosed(reason="full")
    tell(database, cards, [recorded(ONE, 1, opened), recorded(ONE, 2, closed)])
    assert shown(database) == []
    tell(database, cards, [recorded(ONE, 1, opened)])
    tell(database, cards, [recorded(ONE, 2, closed), recorded(ONE, 3, NotebookOpened(title="B"))])
    assert [card.title for card in shown(database)] == ["B"]


EVENTS = st.one_of(
    st.just(NotebookOpened(title="T")),
    st.just(NotebookClosed(reason="full")),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5).map(lambda text: LineWritten(text=text)),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([ONE, TWO]), EVENTS), max_size=12),
    st.lists(st.integers(min_value=1, max_value=5), max_size=12),
)
def test_how_the_events_are_cut_into_batches_does_not_matter(
    events_url: str, told: list[tuple[UUID, Event]], cuts: list[int]
) -> None:
    database = Database(events_url, application="copse-test", size=2, search_path=("public", "cards"))
    cards = cards_projection()
    try:
        with database.transaction() as db:
            db.execute("drop schema if exists cards cascade; delete from projections where name = 'cards'")
        make_tables(cards, database)
        news = [recorded(notebook, nth, event) for nth, (notebook, event) in enumerate(told, start=1)]
        rest = news
        for cut in cuts:
            tell(database, cards, rest[:cut])
            rest = rest[cut:]
        tell(database, cards, rest)
        assert shown(database) == folded(news)
    finally:
        database.close()


def folded(news: Sequence[Recorded]) -> list[Card]:
    """What the rows are, worked out in the plainest way."""
    cards: dict[UUID, Card] = {}
    for each in news:
        card = cards.get(each.id)
        match each.event:
            case NotebookOpened(title=title):
                cards[each.id] = Card(each.id, title, 0, [], each.recorded_at)
            case LineWritten(text=text) if card:
                cards[each.id] = replace(
                    card, letters=card.letters + len(text), marks=[*card.marks, text[:1]], last=text
                )
            case NotebookClosed() if card:
                del cards[each.id]
    return sorted(cards.values(), key=lambda card: card.notebook)


def test_one_read_and_one_write_however_many_events(database: Database, cards: Rows[Card]) -> None:
    tell(database, cards, [recorded(ONE, 1, NotebookOpened(title="A"))])
    asked: list[str] = []

    with database.transaction() as db, pytest.MonkeyPatch.context() as patched:
        read = db.rows

        def reading(sql: str, *parameters: object) -> list[tuple[object, ...]]:
            asked.append("read")
            return read(sql, *parameters)

        patched.setattr(db, "rows", reading)
        patched.setattr(db, "write", lambda *_: asked.append("write"))
        cards.tell_all([recorded(ONE, nth, LineWritten(text="x")) for nth in range(2, 400)], db)
    assert asked == ["read", "write"]


def test_a_rebuild_gives_the_same_rows(
    database: Database, codec: Codec, commands: Commands, context: Context, cards: Rows[Card]
) -> None:
    for notebook in (ONE, TWO):
        commands.handle(notebook, Open(title="Tuesday"), context)
        for text in ("tea", "milk"):
            commands.handle(notebook, Append(text=text), context)
    Reader(database, codec, [cards]).advance_all()
    rebuilding = Rebuilding(cards, database, Broker("127.0.0.1:1"), codec, {})
    assert rebuilding.compare() is None
    before = shown(database)
    assert rebuilding.rebuild().events == 6
    assert shown(database) == before


def test_handlers_that_would_never_be_asked_are_refused_at_once() -> None:
    cards = cards_projection()
    with pytest.raises(TypeError, match="twice"):
        cards.begins(LineWritten)(lambda *_: Card(ONE, "", 0, [], NOON))
    with pytest.raises(TypeError, match="begins"):
        cards.on(LineWritten)
