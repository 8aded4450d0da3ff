-- The last version of each stream of a topic that this service's consumer has seen or parked: what waits in the dead
-- letters is not lost.
select coalesce(seen.stream, parked.stream) as stream,
       greatest(coalesce(seen.version, 0), coalesce(parked.version, 0)) as version
from (select stream, version from consumer_streams where topic = %s) seen
full join (
    select stream, max(version) as version from dead_letters where topic = %s and version is not null group by stream
) parked using (stream)
