"""What is nobody else's business: a diary, whose stream never leaves its service."""
# ruff: noqa: ARG002  # every decision has one shape: (state, context)

from collections.abc import Iterator
from typing import Self

from shared.messages.decisions import Command, Context, State
from shared.messages.events import Event, event

SECRET = "the secret of the diary"


@event("secret-written")
class SecretWritten:
    text: str


class Diary(State, category="diary", confined=True):
    def evolve(self, event: Event) -> Self:
        return self


class Confide(Command[Diary]):
    creates = True

    text: str = SECRET

    def decide(self, diary: Diary, context: Context) -> Iterator[Event]:
        yield SecretWritten(text=self.text)
