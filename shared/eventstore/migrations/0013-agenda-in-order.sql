-- Which streams have something at once that failed and is to be tried again: what was noted after it there waits.
-- Nearly always there are none, so to ask costs next to nothing.
create index agenda_failed on agenda (stream) where at_once and attempts > 0 and done_at is null;
