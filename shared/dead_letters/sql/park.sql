-- Parks messages. One that is parked already, under its offset or as the same version of its stream, stays as it is.
insert into dead_letters
    (id, topic, "partition", "offset", stream, version, type, key, headers, value, error, attempts)
values %s
on conflict do nothing
