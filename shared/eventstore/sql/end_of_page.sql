-- Where the next so many events end, in reading order and below the horizon. No row when there are none.
select next.xid::text as xid, position
from (
    select events.xid, position from events
    where (events.xid, position) > (%s::xid8, %s)
      and events.xid < (select pg_snapshot_xmin(pg_current_snapshot()))
    order by events.xid, events.position
    limit %s
) next
order by next.xid desc, position desc
limit 1
