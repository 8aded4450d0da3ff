-- Projections that are told of nothing in some partition until they were built: for how long their tables have been
-- there, and why the last build failed.
select p.name, extract(epoch from clock_timestamp() - p.made_at)::float8 as seconds, p.failure
from projections p
where p.name || ' ' || p.version = any(%s)
  and exists (select from projection_places where tables = p.name)
order by p.name
