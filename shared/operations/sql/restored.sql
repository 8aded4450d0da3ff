-- Gives the events of a restored dump transaction ids that are smaller than any of this cluster, and moves the cursors
-- with them, so that each reader stands before and behind the same events as in the old cluster.
--
-- The cursors cut the events into parts: those that all have read, those that all but the slowest have read, and so
-- on. The nth part gets the id n; within a part events are ordered by position. Across parts the old order holds, and
-- within one nobody can tell, for no cursor stands there. A stream keeps its order, because its positions rise with
-- its versions: both are given under its lock.
--
-- What was appended here since the restore is behind everything: its positions are the highest. The caller holds the
-- tables, so that nobody reads or appends meanwhile.
create temporary table cuts on commit drop as
select row_number() over (order by xid, position) as part, xid, position
from (select xid, position from readers union select xid, position from projection_copies) cursors
where (xid, position) > ('0'::xid8, 0);

create temporary table parts on commit drop as
select e.position,
       case
           when e.xmin::text::bigint = (e.xid::text::numeric % 4294967296)::bigint and e.position > old.last
           then (select count(*) + 1 from cuts)
           else (select count(*) + 1 from cuts where (cuts.xid, cuts.position) < (e.xid, e.position))
       end as part
from events e,
     (select coalesce(max(position), 0) as last from events
      where xmin::text::bigint <> (xid::text::numeric % 4294967296)::bigint) old;

create unique index on parts (position);
analyze parts;

update events e set xid = parts.part::text::xid8 from parts where parts.position = e.position;

update requests r set xid = coalesce((select e.xid from events e where e.position = r.position), '1');

create temporary table ends on commit drop as
select cuts.xid as old_xid, cuts.position as old_position, coalesce(last.part, 0)::text::xid8 as xid,
       coalesce(last.position, 0) as position
from cuts
left join lateral (
    select parts.part, parts.position from parts where parts.part <= cuts.part
    order by parts.part desc, parts.position desc limit 1
) last on true;

update readers r set xid = ends.xid, position = ends.position, moved_at = now(), failure = null
from ends where (ends.old_xid, ends.old_position) = (r.xid, r.position);

update projection_copies c set xid = ends.xid, position = ends.position
from ends where (ends.old_xid, ends.old_position) = (c.xid, c.position);

update cluster set system_identifier = (select system_identifier from pg_control_system());
