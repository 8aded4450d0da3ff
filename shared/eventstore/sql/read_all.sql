-- The next events of the whole service in reading order. Only below the horizon: no transaction that is still open
-- can put an event before one that was read here.
select position, xid::text as xid, event_id, stream, version, type, schema_version,
       data::text as data, metadata::text as metadata, recorded_at
from events
where (xid, position) > (%s::xid8, %s)
  and xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid, position
limit %s
