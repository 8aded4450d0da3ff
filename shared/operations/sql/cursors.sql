-- How far each reader of the own event table has come, and how far there is to come.
select r.name, r.xid::text as xid, r.position,
       (r.xid, r.position) = ('0'::xid8, 0)
       or exists (select from events e where e.xid = r.xid and e.position = r.position) as at_an_event
from readers r
where r.name <> 'consumer'
order by r.name
