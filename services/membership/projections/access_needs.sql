-- What each member needs, for herself and the coordinators. `said` is JSON: `Said` in domain/access_needs.py.
create table access_needs (
    member_id uuid primary key,
    said text not null,
    said_at timestamptz not null,
    channel text not null,
    checked_at timestamptz not null,
    review_due_at timestamptz not null,
    review_due boolean not null default false,
    version integer not null
);

create table access_needs_shared (
    member_id uuid not null,
    purpose text not null,
    wording text not null,
    words_too boolean not null,
    since timestamptz not null,
    primary key (member_id, purpose)
);
