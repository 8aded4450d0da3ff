-- The next events for the relay: the order and horizon of read_all.sql, but no more of them than reach so many bytes.
-- The first is always there, however large. "events." in the order is needed, as it is there.
select position, xid, event_id, stream, version, type, schema_version, data, metadata, recorded_at
from (
    select position, next.xid::text as xid, event_id::text as event_id, stream, version, type, schema_version,
           data::text as data, metadata::text as metadata, recorded_at, next.xid as transaction,
           sum(octet_length(data::text)) over (order by next.xid, position rows between unbounded preceding
                                                                              and 1 preceding) as bytes_before
    from (
        select * from events
        where (events.xid, position) > (%s::xid8, %s)
          and events.xid < (select pg_snapshot_xmin(pg_current_snapshot()))
        order by events.xid, events.position
        limit %s
    ) next
) measured
where coalesce(bytes_before, 0) < %s
order by transaction, position
