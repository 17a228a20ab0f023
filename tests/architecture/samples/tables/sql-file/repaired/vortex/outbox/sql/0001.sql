create unlogged table outbox_queue (id uuid);
