-- Readers go by (xid, position); by position alone nobody does. One index fewer to write with each event.
alter table events drop constraint events_pkey;
drop index events_in_reading_order;
alter table events add primary key (xid, position);
