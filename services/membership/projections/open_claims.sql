-- What members have earned and were not paid: they need their names for it still.
create table open_claims (
    claim_id uuid primary key,
    member_id uuid not null,
    amount_pence integer not null
);

create index open_claims_by_member on open_claims (member_id);
