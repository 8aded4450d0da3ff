-- Empties some entries that were done before a moment of what they carried. The rows stay, because their ids keep a
-- reaction that is told of its event once more, by whatever mishap, from doing it again.
update agenda set details = '{}', traceparent = null, last_error = null, outcome = null, emptied = true
where id in (select id from agenda where done_at < %s and not emptied order by done_at limit %s)
