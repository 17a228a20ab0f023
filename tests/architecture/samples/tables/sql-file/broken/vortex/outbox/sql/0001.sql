create unlogged table queue (id uuid);
