"""A fresh database with the read models of notifications, and real mail servers."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers import Databases
from tests.unit.notifications.post_office import PostOffice
from tests.unit.notifications.story import Story, story_in


@pytest.fixture
def story(new_database: Callable[[Callable[[Databases], str]], str]) -> Iterator[Story]:
    with story_in(new_database(Databases.for_events)) as story:
        yield story


@pytest.fixture
def open_office() -> Iterator[Callable[..., PostOffice]]:
    """`open_office(...)` opens a mail server that closes when the test ends."""
    offices: list[PostOffice] = []

    def opened(**answers: str) -> PostOffice:
        offices.append(PostOffice(**answers))
        return offices[-1]

    yield opened
    for office in offices:
        office.close()
