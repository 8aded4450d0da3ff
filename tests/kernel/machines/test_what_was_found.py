"""The shortest story of each fault that the machines found: they stay found when a machine takes other ways."""

from uuid import UUID

from kafka import TopicPartition

from shared.database.pool import Database
from shared.messages.decisions import id_of
from tests.kernel.log import PARTITIONS, Outcome, Poll
from tests.kernel.machines.checks import check_at_rest
from tests.kernel.machines.house import FOREIGN, LATER, TOPIC, House

ONE, IN_THE_SAME_PARTITION = FOREIGN[0], FOREIGN[2]
EVERYTHING = (Poll(frozenset(range(PARTITIONS)), 500),)


def test_tables_are_made_anew_from_a_topic_that_a_partly_written_batch_left_in_disorder(
    pools: tuple[Database, Database],
) -> None:
    """Versions 2, 3, 1, 2, 3: the consumer waits for the first, and a rebuild refused for ever."""
    house = House(*pools)
    for _ in range(3):
        house.write(ONE)
    house.publish()
    arrange(house, 1, 2, 0, 1, 2)
    assert versions_in_log(house) == [2, 3, 1, 2, 3]
    house.consume(EVERYTHING)
    assert house.rebuild()
    check_at_rest_after(house)


def test_tables_are_not_made_anew_from_a_topic_in_which_a_version_is_missing(pools: tuple[Database, Database]) -> None:
    house = House(*pools)
    for _ in range(3):
        house.write(ONE)
    house.publish()
    arrange(house, 0, 2)
    house.consume(EVERYTHING)
    with house.reading.transaction() as db:  # as if somebody had thrown away what waits
        db.execute("delete from dead_letters")
    assert not house.rebuild()


def test_tables_are_not_made_anew_while_the_consumer_reads_again_what_it_knows(
    pools: tuple[Database, Database],
) -> None:
    """They were empty, and stayed so: made up to where the consumer stood, which passes over what it knows."""
    house = House(*pools)
    for _ in range(3):
        house.write(ONE)
    house.publish()
    house.consume(EVERYTHING)
    house.read_again(0)
    assert not house.rebuild()
    house.consume(EVERYTHING)
    assert house.rebuild()
    check_at_rest_after(house)


def test_tables_are_not_made_anew_from_a_topic_of_which_the_consumer_does_not_know_that_it_lost_records(
    pools: tuple[Database, Database],
) -> None:
    """They were told what it had never met, and were told so again when it read the topic from the beginning."""
    house = House(*pools)
    for _ in range(2):
        house.write(ONE)
        house.publish([Outcome.UNACKNOWLEDGED])
        house.publish()
    assert versions_in_log(house) == [1, 1, 2, 2]
    house.consume(EVERYTHING)
    house.lose_records(0)
    for _ in range(2):
        house.write(IN_THE_SAME_PARTITION)
        house.publish()
    assert versions_in_log(house, IN_THE_SAME_PARTITION) == [1, 2]
    assert not house.rebuild()
    check_at_rest_after(house)
    assert house.rebuild()


def test_tables_are_made_anew_from_a_topic_filled_again_where_something_malformed_was_skipped(
    pools: tuple[Database, Database],
) -> None:
    """The event that stood at the same offset now was passed over, so that its stream seemed to begin with the next."""
    house = House(*pools)
    for nth in range(PARTITIONS):
        house.put(nth, None, [], None)
    house.consume(EVERYTHING)
    while house.holders():
        house.mend(0, skip=True)
    house.lose_records(0)
    for _ in range(2):
        house.write(ONE)
    house.publish()
    check_at_rest_after(house)


def test_copies_are_written_in_order_also_when_the_clock_went_back_between_two_events(
    pools: tuple[Database, Database],
) -> None:
    """The command that opens the copy was due after the one that writes into it, which was refused and so forgotten."""
    house = House(*pools)
    house.write(ONE)
    house.turn(-1)
    house.write(ONE)
    house.turn(1)
    check_at_rest_after(house)


def test_a_time_that_is_past_already_puts_nothing_before_what_was_noted_earlier_for_the_same_stream(
    pools: tuple[Database, Database],
) -> None:
    """As a reminder due 14 days before a meeting that is planned 10 days ahead: it came before the opening, was refused
    and so forgotten."""
    house = House(*pools)
    house.write(ONE)
    house.turn(-48)
    house.write(ONE, LATER)
    house.turn(48)
    check_at_rest_after(house)


def test_copies_are_written_in_order_also_when_one_fails_for_a_while(pools: tuple[Database, Database]) -> None:
    """The line after it was written while it waited for its next attempt."""
    house = House(*pools)
    for _ in range(3):
        house.write(ONE)
    house.publish()
    house.consume(EVERYTHING)
    house.illiterate = True
    house.work()
    house.illiterate = False
    house.work()
    check_at_rest_after(house)


def test_tables_without_a_primary_key_are_compared(pools: tuple[Database, Database]) -> None:
    """The question had a syntax error."""
    house = House(*pools)
    for _ in range(2):
        house.write(ONE)
    house.come_to_rest()
    with house.reading.transaction() as db:
        db.execute("insert into pages.pages select * from pages.pages limit 1")
    difference = house.rebuilding().compare()
    assert difference is not None
    assert str(difference) == "pages: 1 rows are only in the tables in use (the table has no primary key)"


def arrange(house: House, *offsets: int) -> None:
    """The topic as relays left it that sent on when a batch had been written partly."""
    [partition] = [TopicPartition(TOPIC, nth) for nth in range(PARTITIONS) if house.in_log(nth)]
    house.log.rearrange(partition, offsets)


def versions_in_log(house: House, notebook: UUID = ONE) -> list[int]:
    found = [each for nth in range(PARTITIONS) for each in house.in_log(nth) if each]
    return [each.version for each in found if id_of(each.stream) == notebook]


def check_at_rest_after(house: House) -> None:
    house.come_to_rest()
    check_at_rest(house)
