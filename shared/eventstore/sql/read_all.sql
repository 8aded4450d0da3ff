-- The next events of the whole service in reading order. Only below the horizon: no transaction that is still open
-- can put an event before one that was read here.
-- The horizon in a select of its own is asked once, not for every row.
-- "events." in the order is needed: xid alone would be the text of the same name, in which 999 comes after 1000.
select position, xid::text as xid, event_id::text as event_id, stream, version, type, schema_version,
       data::text as data, metadata::text as metadata, recorded_at::text as recorded_at
from events
where (xid, position) > (%s::xid8, %s)
  and xid < (select pg_snapshot_xmin(pg_current_snapshot()))
order by events.xid, events.position
limit %s
