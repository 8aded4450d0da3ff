-- Appends one event to one stream for a request that nobody repeats: what `append` would do, in half its time.
-- xid and position are those of the event; they are null, and nothing is written, when the stream is at another version,
-- which is then told.
--
-- The lock comes first, as append.sql says.
drop function if exists append_one(text, integer, uuid, text, smallint, json, json, timestamptz);
create function append_one(
    p_stream text,
    p_expected integer,
    p_event_id uuid,
    p_type text,
    p_schema_version smallint,
    p_data json,
    p_metadata json,
    p_recorded_at timestamptz,
    out xid text,
    out "position" bigint,
    out version integer
) language plpgsql as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(hashtextextended(p_stream, 0));
    select e.version into version from events e where e.stream = p_stream order by e.version desc limit 1;
    if coalesce(version, 0) = p_expected then
        insert into events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)
        values (p_stream, p_expected + 1, p_event_id, p_type, p_schema_version, p_data, p_metadata, p_recorded_at)
        returning events.xid::text, events.position into xid, "position";
    end if;
end $$;
