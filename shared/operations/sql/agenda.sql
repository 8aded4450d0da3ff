-- The open entries of the agenda at a moment: due now, for later, and those that failed and wait for another try.
-- Those that failed often are counted wherever they stand: they are due for a moment and then wait for an hour.
select count(*) filter (where due_at <= now.at) as due,
       count(*) filter (where due_at > now.at and attempts = 0) as later,
       count(*) filter (where due_at > now.at and attempts > 0) as postponed,
       count(*) filter (where attempts >= now.often) as failing,
       coalesce(array_agg(distinct action) filter (where attempts >= now.often), '{}') as failing_actions,
       min(due_at) filter (where due_at <= now.at) as due_since,
       min(due_at) filter (where due_at > now.at) as next_at,
       (select a.action || ': ' || a.last_error from agenda a
        where a.done_at is null and a.last_error is not null
        order by a.attempts desc, a.number desc limit 1) as last_error
from (select %s::timestamptz as at, %s::integer as often) now
left join agenda on agenda.done_at is null
