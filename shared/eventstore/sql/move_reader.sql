-- Moves a reader from where the caller believes it to be, and says which version its tables have: null for a reader
-- without tables. Not moved: it is elsewhere, because another process leads.
--
-- The version is read after the row is locked that a switch of tables locks too: it holds until the transaction ends.
drop function if exists move_reader(text, xid8, bigint, xid8, bigint);
create function move_reader(
    p_name text,
    p_before_xid xid8,
    p_before bigint,
    p_after_xid xid8,
    p_after bigint,
    out moved boolean,
    out tables integer
) language plpgsql as $$
#variable_conflict use_column
begin
    update readers set xid = p_after_xid, position = p_after, moved_at = now(), failure = null
    where name = p_name and xid = p_before_xid and position = p_before;
    moved := found;
    select version into tables from projections where name = p_name;
end $$;
