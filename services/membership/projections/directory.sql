-- The members' directory: what each shows, in two views. A field that nobody may see is in neither, so it is not here.
-- `for_members`: what every member sees; `for_communities`: what people of her communities see, the former included.
-- Her names on record are for neither: where the entry shows a former one, the views have that of today.
-- Each view is searched by words of its own, so a search never matches what the searcher may not see. Which view counts
-- is known only once it is known who asks, so no index helps; the words are stored so that nothing is parsed on the way.
create table directory (
    member_id uuid primary key,
    entry_id uuid unique,
    stakeholder_groups text[] not null,
    recorded_name text not null,
    former_names text[] not null,
    taking_part boolean not null,
    consented boolean not null,
    for_members jsonb not null,
    for_communities jsonb not null,
    -- Names by the plain configuration too: the English one passes over "Will" and "May" as words that say nothing.
    words_for_members tsvector not null generated always as (
        jsonb_to_tsvector('english', for_members, '["string"]')
        || to_tsvector('simple', coalesce(for_members ->> 'name', ''))
    ) stored,
    words_for_communities tsvector not null generated always as (
        jsonb_to_tsvector('english', for_communities, '["string"]')
        || to_tsvector('simple', coalesce(for_communities ->> 'name', ''))
    ) stored
);
