-- The communities whose doings are for their members alone: private and confidential ones.
create table closed_communities (
    community_id uuid primary key
);
