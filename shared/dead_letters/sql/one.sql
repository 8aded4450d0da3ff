-- One message, as it was parked.
select id, topic, "partition", "offset", stream, version, type, key, headers::text as headers, value,
       error, attempts, parked_at
from dead_letters
where id = %s
