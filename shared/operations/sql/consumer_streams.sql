-- The last version of each stream of a topic that this service's consumer has seen.
select stream, version from consumer_streams where topic = %s
