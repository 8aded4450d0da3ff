-- What reviewers have earned, for finance, coordinators, and each reviewer herself. No names.
create table claims (
    id uuid primary key,
    payee_id uuid not null,
    request_id uuid not null,
    activity text not null,
    amount_pence integer not null,
    activity_on date not null,
    rate_from date not null,
    rate_source text not null,
    status text not null,
    accrued_at timestamptz not null,
    version integer not null
);

create index claims_by_time on claims (accrued_at, id);
create index claims_by_payee on claims (payee_id, accrued_at, id);
