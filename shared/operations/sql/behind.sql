-- What lies beyond a reader's cursor: how many events, and since when the first of them waits.
-- A reader that never ran has no row, and everything lies beyond it. Counted up to a limit; beyond that the numbers
-- given out tell, which are more by the appends that were refused: whoever asks often must not count millions.
with reader as (
    select coalesce(max(xid::text), '0')::xid8 as xid, coalesce(max(position), 0) as position, max(failure) as failure
    from readers
    where name = %s
),
counted as (
    select count(*) as events
    from (
        select from events e, reader where (e.xid, e.position) > (reader.xid, reader.position) limit 100001
    ) waiting
)
select case
           when counted.events <= 100000 then counted.events
           else greatest(
               counted.events,
               (select position from events order by events.xid desc, events.position desc limit 1)
               - greatest(reader.position, (select position - 1 from events order by events.xid, events.position limit 1))
           )
       end as events,
       (select e.recorded_at from events e where (e.xid, e.position) > (reader.xid, reader.position)
        order by e.xid, e.position limit 1) as waiting_since,
       reader.xid::text as xid,
       reader.position,
       reader.failure
from reader, counted
