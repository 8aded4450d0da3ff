-- How many events the relay has sent, according to its cursor.
select count(*)
from events e
join readers r on r.name = 'relay' and (e.xid, e.position) <= (r.xid, r.position)
