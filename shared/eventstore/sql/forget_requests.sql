-- Forgets some answers that were given before a moment: from then on the same Idempotency-Key is a new request.
delete from requests
where (actor, key) in (select actor, key from requests where answered_at < %s order by answered_at limit %s)
