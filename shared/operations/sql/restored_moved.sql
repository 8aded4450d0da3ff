-- Readers that went on after the restore: they met what was appended since out of order, and nobody knows any more what
-- they have seen. An event that was appended here carries the id of the very transaction that wrote its row; one that
-- was restored carries an id of its old cluster. Rows are compared by the age of the transactions that wrote them.
with newer as (
    select xid, position, xmin
    from events
    where xmin::text::bigint = (xid::text::numeric % 4294967296)::bigint
      and position > coalesce((select max(o.position) from events o
                               where o.xmin::text::bigint <> (o.xid::text::numeric % 4294967296)::bigint), 0)
)
select r.name
from readers r
where (r.xid, r.position) > ('0'::xid8, 0)
  and age(r.xmin) < (select max(age(newer.xmin)) from newer)
order by r.name
