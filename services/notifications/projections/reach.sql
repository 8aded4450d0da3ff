-- How to reach each member: her contacts, what she wishes, and who is erased.
-- Approval and later changes lie in different streams and come in any order. What was taken out stays as a row without
-- text (`gone`), and whoever is erased is remembered by her id, so that what comes late brings nothing back.
create table reach_contacts (
    member_id uuid not null,
    contact_id uuid not null,
    number integer not null,
    kind text,
    value text,
    usable boolean not null default true,
    flagged boolean not null default false,
    gone boolean not null default false,
    primary key (member_id, contact_id)
);

create table reach_wishes (
    member_id uuid primary key,
    preferred uuid,
    channel text,
    formats text[] not null default '{}',
    language text,
    formats_since timestamptz
);

create table reach_erased (
    member_id uuid primary key
);
