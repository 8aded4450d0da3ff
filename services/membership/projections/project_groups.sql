-- Project groups of communities, with who is in them in the order of joining.
create table project_groups (
    id uuid primary key,
    community_id uuid not null,
    topic text not null,
    about text not null,
    wanted integer not null,
    status text not null,
    outcome text,
    link text,
    proposed_at timestamptz not null,
    version integer not null
);

create index project_groups_by_community on project_groups (community_id, id);

create table project_group_members (
    group_id uuid not null,
    member_id uuid not null,
    place integer not null,
    primary key (group_id, member_id)
);

create index project_group_members_by_member on project_group_members (member_id);
