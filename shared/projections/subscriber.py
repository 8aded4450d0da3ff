"""What projections and reactions have in common: handlers per event type, and a name to remember the position by."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from shared.database.pool import Transaction
from shared.messages.recorded import Recorded

E = TypeVar("E")
R = TypeVar("R")


class Subscriber(Generic[R]):
    """Told of each event once, in stream order, in a transaction that also moves the position.

    `notes` says whether it writes into the agenda, whose worker is then woken. `from_the_beginning` says whether it is
    told of what its own service recorded before it was there.
    """

    notes = False
    from_the_beginning = True

    def __init__(self, name: str) -> None:
        self.name = name
        # The key is the handler's own event type, which a dict's type cannot say.
        self._handlers: dict[type, Callable[[Any, Recorded, Transaction], R]] = {}

    def on(
        self, event: type[E]
    ) -> Callable[[Callable[[E, Recorded, Transaction], R]], Callable[[E, Recorded, Transaction], R]]:
        """Registers the handler of one event type: `handler(event, recorded, db)`."""

        def register(
            handler: Callable[[E, Recorded, Transaction], R],
        ) -> Callable[[E, Recorded, Transaction], R]:
            if event in self._handlers:
                raise TypeError(f"{self.name} handles {event.__name__} twice")
            self._handlers[event] = handler
            return handler

        return register

    @property
    def events(self) -> Collection[type]:
        """The event types that it is told of."""
        return self._handlers.keys()

    def tell(self, recorded: Recorded, db: Transaction) -> None:
        """Handles one event inside the caller's transaction; events without a handler pass."""
        raise NotImplementedError

    def tell_all(self, recorded: Sequence[Recorded], db: Transaction) -> None:
        """Handles events in their order inside the caller's transaction."""
        for each in recorded:
            self.tell(each, db)
