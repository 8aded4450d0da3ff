-- The people whom this service knows: who they are here, never more than it needs.
create table people (
    member_id uuid primary key,
    account uuid unique,
    standing text not null,
    name text not null,
    stakeholder_group text not null,
    email text,
    phone text,
    postal_address text
);

create table people_groups (
    member_id uuid not null,
    community_id uuid not null,
    joined_at timestamptz not null,
    primary key (member_id, community_id)
);

create index people_groups_by_community on people_groups (community_id);

create table people_communities (
    community_id uuid primary key,
    name text not null,
    kind text not null
);

-- Who may act for whom, and until when. `account` is the coordinator's. Rows stay: an ended session is not an unknown one.
create table people_sessions (
    session_id uuid primary key,
    account uuid not null,
    member_id uuid not null,
    channel text not null,
    closes_at timestamptz not null,
    ended boolean not null default false
);
