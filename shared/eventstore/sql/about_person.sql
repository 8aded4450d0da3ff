-- Between two positions: the events in a person's own streams, those that name her, and those of what she did.
-- No index is kept for this: somebody asks for all that is held of a person a few times a year.
select position, xid::text as xid, event_id::text as event_id, stream, version, type, schema_version,
       data::text as data, metadata::text as metadata, recorded_at::text as recorded_at
from events
where (events.xid, position) > (%s::xid8, %s) and (events.xid, position) <= (%s::xid8, %s)
  and (right(stream, 36) = %s or strpos(data::text, %s) > 0 or strpos(metadata::text, %s) > 0)
order by events.xid, events.position
