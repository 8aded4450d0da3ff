-- One event by its id: the stream that it is in and its version there.
select stream, version from events where event_id = %s
