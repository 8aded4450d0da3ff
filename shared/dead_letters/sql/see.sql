-- A stream has come as far as a version. Never backwards.
insert into consumer_streams (topic, stream, version) values (%s, %s, %s)
on conflict (topic, stream) do update set version = greatest(consumer_streams.version, excluded.version)
