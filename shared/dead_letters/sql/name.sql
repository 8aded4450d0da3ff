-- A message that could not be read when it was parked now says what it is: its stream, version and type. Touches no
-- row when that version is parked already: then it is a redelivery.
update dead_letters
set stream = said.stream, version = said.version, type = said.type, error = null
from (values (%s::uuid, %s::text, %s::integer, %s::text)) as said (id, stream, version, type)
where dead_letters.id = said.id
  and not exists (
      select from dead_letters other
      where other.topic = dead_letters.topic and other.stream = said.stream and other.version = said.version
  )
