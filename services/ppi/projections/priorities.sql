-- The lists of priorities that meetings published, for judging whether an idea fits.
create table priority_lists (
    id uuid primary key,
    community_id uuid not null,
    title text not null,
    source text not null,
    priorities json not null
);
