-- How each member is reached. `usable`: letters go there; `flagged`: what was sent there came back for good;
-- `check_until`: a code is on its way until then; `number`: in the order in which they were told.
create table member_contacts (
    member_id uuid not null,
    contact_id uuid not null,
    number bigint not null,
    kind text not null,
    value text not null,
    label text,
    usable boolean not null,
    confirmed boolean not null default false,
    from_application boolean not null,
    flagged boolean not null default false,
    replaces uuid,
    check_until timestamptz,
    primary key (member_id, contact_id)
);

-- What each member wishes; `version` is that of her stream of contact details, 0 until it began.
create table member_wishes (
    member_id uuid primary key,
    preferred uuid,
    channel text,
    formats text[] not null default '{}',
    language text,
    version integer not null default 0
);
