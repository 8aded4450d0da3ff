-- One wrapped key per person. A missing row means: never had one, or destroyed.
create table subject_keys (
    subject uuid primary key,
    wrapped bytea not null,
    made_at timestamptz not null default now()
);

-- The key of pseudonyms and blind indexes: exactly one row.
create table index_key (
    only_one boolean primary key default true check (only_one),
    wrapped bytea not null
);
