-- Who runs which meetings: the facilitators of a community, and whoever planned a meeting.
create table hosts_facilitators (
    community_id uuid not null,
    member_id uuid not null,
    primary key (community_id, member_id)
);

create table hosts_meetings (
    meeting_id uuid primary key,
    community_id uuid not null,
    planned_by uuid
);
