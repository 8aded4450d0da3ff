-- Applicants and members, for coordinators and for each person herself.
create table members (
    id uuid primary key,
    standing text not null,
    name text not null,
    email text,
    phone text,
    postal_address text,
    about text,
    stakeholder_group text not null,
    wanted uuid[] not null,
    account uuid,
    applied_at timestamptz not null,
    channel text not null,
    version integer not null
);

create index members_by_account on members (account);
create index members_by_standing on members (standing, id);
