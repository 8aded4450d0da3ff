"""Joining a group to the end, where kafka-python 3.0.12 forgets what it began.

A poll waits for its group only as long as it may; what the broker says meanwhile is for the poll after it. kafka-python
looks at it there in two ways that go wrong. It asks whether it must join, not whether it is joining: who joins since a
topic was made is told no as soon as it has shared the partitions out, and never takes its own, nor says a heartbeat
again. And an answer that came while the member was at work between two polls is thrown away and asked for anew, which
makes every other member join anew: members at work go round for ever.
"""

from typing import Any

from kafka.consumer import group
from kafka.coordinator.consumer import ConsumerCoordinator


def join_to_the_end() -> None:
    """For every consumer of this process that is made from now on."""
    group.ConsumerCoordinator = _JoinsToTheEnd


class _JoinsToTheEnd(ConsumerCoordinator):  # type: ignore[misc]  # kafka-python ships no types
    _answer: tuple[Any, bytes] | None = None  # the generation that was joined, and the share that nobody took yet

    def need_rejoin(self) -> bool:
        return self._join_task is not None or super().need_rejoin()

    async def _do_join_and_sync_async(self) -> bytes:
        if self._answer is not None and self._answer[0] is self._generation:
            return self._answer[1]
        share: bytes = await super()._do_join_and_sync_async()
        self._answer = self._generation, share
        return share

    async def _on_join_complete_async(self, *joined: object) -> None:
        self._answer = None
        await super()._on_join_complete_async(*joined)
