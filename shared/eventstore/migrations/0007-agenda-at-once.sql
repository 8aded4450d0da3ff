-- Whether an entry is to be done at once (then it stays behind those of its stream that were noted before it) or is a
-- timer, which has a time of its own.
alter table agenda add column at_once boolean not null default false;

create index agenda_at_once on agenda (stream) where at_once and attempts = 0 and done_at is null;
