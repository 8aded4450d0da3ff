-- The needs that members share for meetings, as membership tells. `shared` is JSON: `Shared` in contracts/membership.py.
create table shared_needs (
    member_id uuid primary key,
    shared text not null
);
