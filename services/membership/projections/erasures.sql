-- Erasures with what every service reported. No name: who it was is known from the member's id alone, and to nobody.
create table erasures (
    member_id uuid primary key,
    asked_at timestamptz not null,
    claims_left_open boolean not null,
    searched_at timestamptz,
    missing text[] not null default '{}',
    key_destroyed_at timestamptz,
    erased_at timestamptz,
    closed_at timestamptz,
    version integer not null
);

-- What one service reported: JSON as its events have it.
create table erasure_reports (
    member_id uuid not null,
    service text not null,
    searched boolean,
    mentions json not null default '[]',
    more integer not null default 0,
    confirmed_at timestamptz,
    erased json not null default '[]',
    kept json not null default '[]',
    by_hand json not null default '[]',
    primary key (member_id, service)
);
