-- Who leads which community, for the letters that ask them for an answer.
create table facilitators (
    community_id uuid not null,
    member_id uuid not null,
    primary key (community_id, member_id)
);
