-- Who read what special-category data of whom, and when; never what it says (shared/http/sensitive.py).
-- of_whom: the members whose data were shown, or the record's own id where it is of nobody who is a member.
create table sensitive_reads (
    id uuid primary key,
    read_at timestamptz not null,
    account uuid,
    member uuid,
    roles text[] not null,
    what text not null,
    of_whom uuid[] not null,
    request_id text not null
);

create index sensitive_reads_by_person on sensitive_reads using gin (of_whom);
create index sensitive_reads_by_age on sensitive_reads (read_at);
