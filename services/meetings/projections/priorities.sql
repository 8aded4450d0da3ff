-- Published lists of priorities, as everybody may see them.
create table priority_lists (
    id uuid primary key,
    community_id uuid not null,
    title text not null,
    period text not null,
    method text not null,
    source text not null,
    priorities json not null,
    version integer not null
);
