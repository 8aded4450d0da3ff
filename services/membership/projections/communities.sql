-- Communities as everybody may see them, with their story.
create table communities (
    id uuid primary key,
    name text not null,
    kind text not null,
    about text not null,
    aims text[] not null,
    parent uuid,
    places integer,
    members integer not null default 0,
    source text,
    version integer not null
);

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
