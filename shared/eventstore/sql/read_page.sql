-- The next events as read_all.sql gives them, but none behind a place; one line of text for each. For some types it is a
-- JSON array of what `Unread` holds, in that order; for all others only the place, as xid.position.
-- Text that is decoded by the page costs the reader a third of what rows of columns do. One text for the page would be
-- quicker still there, and cost the server more than is saved: it copies a long text again and again.
select case
    when type = any(%s) then
        concat('[', data, ',"', event_id, '",', to_json(stream), ',', version, ',[', xid, ',', position, '],',
               metadata, ',', to_json(recorded_at), ',"', type, '",', schema_version, ']')
    else concat(xid, '.', position)
end
from events
where (xid, position) > (%s::xid8, %s)
  and (xid, position) <= (%s::xid8, %s)
  and xid < (select pg_snapshot_xmin(pg_current_snapshot()))
order by xid, position
limit %s
