-- Commands and effects that reactions asked for: now, or when a timer is due.
-- A done row stays, because its deterministic id is what keeps a retry from doing it twice.
create table agenda (
    id uuid primary key,
    number bigint generated always as identity,
    due_at timestamptz not null,
    stream text not null,
    action text not null,
    details json not null,
    causation_id uuid not null,
    correlation_id uuid not null,
    traceparent text,
    attempts integer not null default 0,
    last_error text,
    done_at timestamptz,
    outcome text
);

create index agenda_open on agenda (due_at, number) where done_at is null;
