"""What is missing in a service's topic after its servers lost some: an older copy restored, a disk gone, made anew.

One server without copies acknowledges what its machine has not yet written to disk. The relay therefore notes where
each partition ended, and sends again what a shorter one must have lost.
"""

from collections.abc import Mapping
from dataclasses import replace

from shared.messages.recorded import BEGINNING, Position
from shared.streaming.broker import Broker
from shared.streaming.topics import Topic, records_of

_FURTHER = 16


def shorter(topic: Topic, noted: Mapping[int, int]) -> list[int]:
    """The partitions that end before where they ended once."""
    return [partition for partition, end in noted.items() if topic.ends.get(partition, 0) < end]


def intact_to(broker: Broker, topic: Topic, partitions: list[int], cursor: Position) -> Position:
    """Up to which event nothing is missing in any of these partitions. Raises BrokerUnavailable."""
    return min((_last_up_to(broker, topic, each, cursor) for each in partitions), default=cursor)


def _last_up_to(broker: Broker, topic: Topic, partition: int, cursor: Position) -> Position:
    """Of the last record that was published before the cursor last moved.

    Later ones may stand behind the hole already: they came when the partition was short and nobody knew yet.
    """
    first, end, reach = topic.beginnings[partition], topic.ends[partition], 1
    while True:
        start = max(first, end - reach)
        alone = replace(topic, beginnings={partition: first}, ends={partition: end})
        found = [
            record.stored.position
            for record in records_of(broker, alone, {partition: start})
            if record.stored and record.stored.position <= cursor
        ]
        if found:
            return found[-1]
        if start == first:
            return BEGINNING
        reach *= _FURTHER
