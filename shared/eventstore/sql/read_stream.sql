-- One stream from a version on, oldest first.
select position, xid::text as xid, event_id::text as event_id, stream, version, type, schema_version,
       data::text as data, metadata::text as metadata, recorded_at::text as recorded_at
from events
where stream = %s and version > %s
order by version
