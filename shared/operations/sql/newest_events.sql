-- The newest events of one type or stream or of all, newest first. What is not committed does not show.
select position, xid::text as xid, event_id::text as event_id, stream, version, type, schema_version,
       data::text as data, metadata::text as metadata, recorded_at::text as recorded_at
from events
where (%s::text is null or type = %s) and (%s::text is null or stream = %s)
order by events.xid desc, events.position desc
limit %s
