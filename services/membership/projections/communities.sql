-- Communities with their story, who facilitates them and who asks to join. Who belongs is in `people`.
create table communities (
    id uuid primary key,
    name text not null,
    kind text not null,
    privacy text not null,
    about text not null,
    aims text[] not null,
    parent uuid,
    places integer,
    source text,
    version integer not null
);

-- `part` is `asking` or `facilitator`.
create table community_parts (
    community_id uuid not null,
    member_id uuid not null,
    part text not null,
    since timestamptz not null,
    primary key (community_id, member_id, part)
);

create index community_parts_by_member on community_parts (member_id);

create table milestones (
    community_id uuid not null,
    version integer not null,
    title text not null,
    period text,
    kind text not null,
    summary text not null,
    source text not null,
    figures json not null,
    primary key (community_id, version)
);
