-- Streams whose first parked message waits for nothing any more: a process died before it went on with them.
select first.topic, first.stream
from (
    select distinct on (topic, stream) topic, stream, version, error
    from dead_letters
    where stream is not null and topic = any(%s)
    order by topic, stream, version nulls first, number
) first
left join consumer_streams seen using (topic, stream)
where first.error is null and first.version <= coalesce(seen.version, 0) + 1
limit 100
