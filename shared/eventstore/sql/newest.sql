-- Where the last event below the horizon stands.
select events.xid::text as xid, position
from events
where events.xid < (select pg_snapshot_xmin(pg_current_snapshot()))
order by events.xid desc, position desc
limit 1
