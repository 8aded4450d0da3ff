-- How far this service's consumer has come in one topic.
select "partition", next_offset from consumer_positions where topic = %s
