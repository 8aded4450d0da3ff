-- What holds a stream, as it was parked.
select id, topic, "partition", "offset", stream, version, type, key, headers::text as headers, value,
       error, attempts, parked_at
from dead_letters
where topic = %s and stream = %s
order by version nulls first, number
limit 1
