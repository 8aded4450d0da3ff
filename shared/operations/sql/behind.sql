-- What lies beyond a reader's cursor: how many events, and since when the first of them waits.
-- A reader that never ran has no row, and everything lies beyond it.
with reader as (
    select coalesce(max(xid::text), '0')::xid8 as xid, coalesce(max(position), 0) as position, max(failure) as failure
    from readers
    where name = %s
)
select (select count(*) from events e where (e.xid, e.position) > (reader.xid, reader.position)) as events,
       (select e.recorded_at from events e where (e.xid, e.position) > (reader.xid, reader.position)
        order by e.xid, e.position limit 1) as waiting_since,
       reader.xid::text as xid,
       reader.position,
       reader.failure
from reader
