-- How somebody serves in a working group. Rows go when she leaves the group.
create table serving_terms (
    community_id uuid not null,
    member_id uuid not null,
    starts_on date not null,
    ends_on date,
    primary key (community_id, member_id)
);

create table serving_roles (
    community_id uuid not null,
    member_id uuid not null,
    role text not null,
    primary key (community_id, member_id, role)
);

create table serving_training (
    community_id uuid not null,
    member_id uuid not null,
    version integer not null,
    training text not null,
    done_on date not null,
    primary key (community_id, version)
);
