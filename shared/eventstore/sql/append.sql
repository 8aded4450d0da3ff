-- Appends events to one or more streams in one round trip, or says why not. Nothing is written unless 'appended'.
--
--   outcome        meaning                                       filled in
--   appended       the events are there                          xid, position (of the last event)
--   conflict       a stream is not at the version expected       stream, version (the actual one)
--   answered       this request was answered before              response, fingerprint, xid, position
--   in-flight      the same request is being answered now
--
-- The stream locks come before everything else. A transaction gets its xid at its first write; were that before the
-- lock, a later version could carry a lower xid and readers in (xid, position) order would see the stream out of order.
--
-- Nearly every append is one event to one stream: append_one.sql takes those without an Idempotency-Key, and what is
-- written twice here spares the others a third of their time.
drop function if exists append(text[], integer[], text[], integer[], uuid[], text[], smallint[], text[], json,
                               timestamptz, text, text, text, json);
create function append(
    p_streams text[],
    p_expected integer[],
    p_event_streams text[],
    p_event_versions integer[],
    p_event_ids uuid[],
    p_types text[],
    p_schema_versions smallint[],
    p_data text[],
    p_metadata json,
    p_recorded_at timestamptz,
    p_actor text default null,
    p_key text default null,
    p_fingerprint text default null,
    p_response json default null,
    out outcome text,
    out xid text,
    out "position" bigint,
    out stream text,
    out version integer,
    out response json,
    out fingerprint text
) language plpgsql as $$
#variable_conflict use_column
declare
    v_stream text;
    v_expected integer;
    v_actual integer;
    v_last bigint;
    v_answer requests;
begin
    if cardinality(p_streams) = 1 then
        perform pg_advisory_xact_lock(hashtextextended(p_streams[1], 0));
    else
        -- Sorted, so that two appends over the same streams cannot wait for each other.
        perform pg_advisory_xact_lock(lock)
        from (select distinct hashtextextended(s, 0) as lock from unnest(p_streams) s order by 1) locks;
    end if;

    if p_key is not null then
        if not pg_try_advisory_xact_lock(hashtextextended(p_actor || ' ' || p_key, 1)) then
            outcome := 'in-flight';
            return;
        end if;
        select * into v_answer from requests r where r.actor = p_actor and r.key = p_key;
        if found then
            outcome := 'answered';
            xid := v_answer.xid::text;
            "position" := v_answer.position;
            response := v_answer.response;
            fingerprint := v_answer.fingerprint;
            return;
        end if;
    end if;

    for nth in 1 .. cardinality(p_streams) loop
        select e.version into v_actual from events e where e.stream = p_streams[nth] order by e.version desc limit 1;
        v_actual := coalesce(v_actual, 0);
        if v_actual <> p_expected[nth] then
            outcome := 'conflict';
            stream := p_streams[nth];
            version := v_actual;
            return;
        end if;
    end loop;

    if cardinality(p_event_ids) = 1 then
        insert into events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)
        values (p_event_streams[1], p_event_versions[1], p_event_ids[1], p_types[1], p_schema_versions[1],
                p_data[1]::json, p_metadata, p_recorded_at)
        returning position into v_last;
    else
        with added as (
            insert into events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)
            select n.stream, n.version, n.event_id, n.type, n.schema_version, n.data::json, p_metadata, p_recorded_at
            from unnest(p_event_streams, p_event_versions, p_event_ids, p_types, p_schema_versions, p_data)
                 with ordinality as n (stream, version, event_id, type, schema_version, data, nth)
            order by n.nth
            returning position
        )
        select max(position) into v_last from added;
    end if;

    if p_key is not null then
        insert into requests (actor, key, fingerprint, response, answered_at, position)
        values (p_actor, p_key, p_fingerprint, p_response, p_recorded_at, v_last);
    end if;

    outcome := 'appended';
    xid := pg_current_xact_id_if_assigned()::text;
    "position" := v_last;
end $$;
