-- How many events the relay has sent, according to its cursor: those of confined categories it passes by.
select count(*)
from events e
join readers r on r.name = 'relay' and (e.xid, e.position) <= (r.xid, r.position)
where left(e.stream, -37) <> all (%s::text[])
