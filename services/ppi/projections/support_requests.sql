-- Support requests with everything that their pages show. Who may see which part is decided in the API.
create table support_requests (
    id uuid primary key,
    requester_id uuid not null,
    title text not null,
    kind text not null,
    summary text not null,
    needed_by date not null,
    reviewers integer not null,
    activity text not null,
    status text not null,
    relevant boolean,
    relevance_reason text,
    priority text,
    released_at timestamptz,
    response_due_at timestamptz,
    overdue boolean not null default false,
    response text,
    responded_at timestamptz,
    version integer not null
);

create index support_requests_by_requester on support_requests (requester_id, id);

-- One row for each member who was asked; a new offer to the same member replaces the one that lapsed.
create table offers (
    request_id uuid not null,
    member_id uuid not null,
    status text not null,
    offered_at timestamptz not null,
    answer_by date not null,
    fee_pence integer not null,
    primary key (request_id, member_id)
);

create index offers_by_member on offers (member_id, request_id);

create table reviews (
    request_id uuid not null,
    reviewer_id uuid not null,
    text text not null,
    sent_at timestamptz not null,
    primary key (request_id, reviewer_id)
);
