"""What is held of one person, opened wherever in an event it is sealed, and nothing that is sealed for another."""

from uuid import UUID, uuid4

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import NewEvent, Write
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.events import MemberId
from shared.messages.recorded import Metadata
from shared.privacy.keyring import Keyring
from shared.privacy.own_data import SOMEBODY_ELSE, held_of
from tests.kernel import notebook
from tests.kernel.notebook import Open

ANN, BEN, ONE = UUID(int=11), UUID(int=12), UUID(int=1)


def test_two_people_in_one_event_each_get_their_own(
    database: Database, commands: Commands, codec: Codec, context: Context, keyring: Keyring
) -> None:
    readers = tuple(notebook.Reader(member=MemberId(each), name=name) for each, name in ((ANN, "Ann"), (BEN, "Ben")))
    commands.handle(ONE, Open(title="sealed:of nobody"), context)
    store, event_id = PostgresEventStore(database), uuid4()
    new = NewEvent(event_id, *codec.encode(notebook.NotebookLent(readers=readers), event_id, f"notebook-{ONE}"))
    store.append([Write(f"notebook-{ONE}", 1, (new,))], Metadata.of(context), context.now)
    for person, names in ((ANN, ["Ann", SOMEBODY_ELSE]), (BEN, [SOMEBODY_ELSE, "Ben"])):
        [lent] = held_of(database, person, keyring.unseal, frozenset())
        assert [each["name"] for each in lent.data["readers"]] == names
    opened = next(held_of(database, ONE, keyring.unseal, frozenset()))
    assert opened.data["title"] == SOMEBODY_ELSE, "what only looks sealed is never taken for hers"
    assert list(held_of(database, ONE, keyring.unseal, {"notebook"})) == []
