-- Who was erased, as the events tell: asked for at every start, in case an old keyring was restored.
create index events_of_erasures on events (stream) where type in ('key-destroyed', 'member-erased', 'erasure-confirmed');
