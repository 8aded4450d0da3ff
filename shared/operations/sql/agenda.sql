-- The open entries of the agenda at a moment: due now, for later, and those that failed and wait for another try.
select count(*) filter (where due_at <= now.at) as due,
       count(*) filter (where due_at > now.at and attempts = 0) as later,
       count(*) filter (where due_at > now.at and attempts > 0) as postponed,
       min(due_at) filter (where due_at <= now.at) as due_since,
       min(due_at) filter (where due_at > now.at) as next_at,
       (select a.action || ': ' || a.last_error from agenda a
        where a.done_at is null and a.last_error is not null
        order by a.attempts desc, a.number desc limit 1) as last_error
from (select %s::timestamptz as at) now
left join agenda on agenda.done_at is null
