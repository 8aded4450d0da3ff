-- What only guards against repetition is not kept whole for ever (shared/eventstore/keeping.py).
create index requests_by_age on requests (answered_at);

alter table agenda add column emptied boolean not null default false;

create index agenda_to_empty on agenda (done_at) where done_at is not null and not emptied;
