-- Which of some streams are held, and by which version; by null when what holds one cannot be read.
select distinct on (stream) stream, version
from dead_letters
where topic = %s and stream = any(%s)
order by stream, version nulls first, number
