-- The newest event that is committed, wherever the horizon is.
select xid::text as xid, position, recorded_at
from events
order by events.xid desc, events.position desc
limit 1
