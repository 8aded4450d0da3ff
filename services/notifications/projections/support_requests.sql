-- What letters say of a support request: who asked for what, who was offered it, who reviewed it, what changed.
create table support_requests (
    request_id uuid primary key,
    requester_id uuid not null,
    title text not null,
    kind text not null,
    needed_by date not null,
    reviewers uuid[] not null default '{}',
    what_we_changed text
);

create table review_offers (
    request_id uuid not null,
    member_id uuid not null,
    answer_by date not null,
    fee_pence integer not null,
    primary key (request_id, member_id)
);

-- Fees earned, one row a claim.
create table fees (
    claim_id uuid primary key,
    request_id uuid not null,
    payee_id uuid not null,
    amount_pence integer not null,
    activity_on date not null
);
