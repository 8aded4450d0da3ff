-- Which filling of a topic its records belong to: one more each time that some were lost and are sent again. The relay
-- writes it on each record; a consumer notes up to which one its place was read. See docs/adr/0026-fillings.md.
alter table relay_offsets add column filling integer not null default 0;

alter table consumer_positions add column filling integer not null default 0;
