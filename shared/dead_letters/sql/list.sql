-- What holds each held stream, with how many wait behind it; and each message that names no stream. By id, from one on.
with first as (
    select distinct on (topic, coalesce(stream, id::text)) *
    from dead_letters
    order by topic, coalesce(stream, id::text), version nulls first, number
)
select first.id, first.topic, first."partition", first."offset", first.stream, first.version, first.type,
       first.error, first.attempts, first.parked_at,
       (select count(*) - 1 from dead_letters each
        where each.id = first.id or (each.topic = first.topic and each.stream = first.stream)) as behind,
       case when first.version > coalesce(seen.version, 0) + 1 then coalesce(seen.version, 0) + 1 end as missing
from first
left join consumer_streams seen using (topic, stream)
where first.id > coalesce(%s::uuid, '00000000-0000-0000-0000-000000000000')
order by first.id
limit %s
