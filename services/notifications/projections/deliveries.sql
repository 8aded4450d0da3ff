-- Every letter: what it is about, how it goes, and what became of it. Its words are here once they went out.
-- `made_at`: when somebody had made it in the format that its reader needs.
create table deliveries (
    id uuid primary key,
    member_id uuid not null,
    kind text not null,
    channel text not null,
    status text not null,
    meeting_id uuid,
    request_id uuid,
    claim_id uuid,
    community_id uuid,
    contact_id uuid,
    check_id uuid,
    session_id uuid,
    subject text,
    body text,
    reason text,
    note text,
    quoted uuid[] not null default '{}',
    queued_at timestamptz not null,
    sent_at timestamptz,
    made_at timestamptz,
    version integer not null
);

create index deliveries_in_order on deliveries (queued_at, id);
create index deliveries_of_member on deliveries (member_id, queued_at, id);
