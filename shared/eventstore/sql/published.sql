-- Moves the relay's cursor from where the caller believes it to be, and notes where the partitions end now.
-- Touches no row when the cursor is elsewhere: then another process leads.
with moved as (
    update readers set xid = %s::xid8, position = %s, moved_at = now(), failure = null
    where name = 'relay' and xid = %s::xid8 and position = %s
    returning name
)
insert into relay_offsets ("partition", next_offset)
select ends."partition", ends.next_offset
from moved, unnest(%s::integer[], %s::bigint[]) as ends ("partition", next_offset)
on conflict ("partition") do update set next_offset = excluded.next_offset
