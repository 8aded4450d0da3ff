-- Moves readers together past events that concern none of them. Not moved, none of them, when one is elsewhere or has
-- tables of another version than its code, which `p_versions` gives (null for a reader without tables).
drop function if exists pass_by(text[], integer[], xid8, bigint, xid8, bigint);
create function pass_by(
    p_names text[],
    p_versions integer[],
    p_before_xid xid8,
    p_before bigint,
    p_after_xid xid8,
    p_after bigint,
    out moved boolean
) language plpgsql as $$
#variable_conflict use_column
declare
    v_here integer;
begin
    perform set_config('synchronous_commit', 'off', true);  -- a crash of the server only makes them look again
    perform from readers
    where name = any(p_names) and xid = p_before_xid and position = p_before
    order by name for update;
    get diagnostics v_here = row_count;
    moved := v_here = cardinality(p_names) and not exists (
        select from unnest(p_names, p_versions) as here (name, version)
        join projections on projections.name = here.name and projections.version <> here.version
    );
    if moved then
        update readers set xid = p_after_xid, position = p_after, moved_at = now(), failure = null
        where name = any(p_names);
    end if;
end $$;
