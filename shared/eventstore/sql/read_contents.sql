-- What the events of one stream say, oldest first. Without when and by whom the server has a third of the work.
select event_id::text, type, schema_version, data::text
from events
where stream = %s
order by version
