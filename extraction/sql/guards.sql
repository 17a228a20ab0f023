-- The marker table, the guard that stands before every statement, and the freeze of DDL.
-- `vortex_extraction` is how the mover's own sessions are called (extraction/database.py).

create table if not exists extraction_marker (
  id uuid primary key,
  context text not null,
  placed_at timestamptz not null default clock_timestamp()
);
create or replace function extraction_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    raise exception '% moves between two databases: TRUNCATE is refused, delete rows instead',
      tg_table_name using errcode = 'VX004';
  end if;
  perform topology_enter(tg_argv[0]);
  return null;
end $$;
create or replace function extraction_advice() returns text language sql immutable as $$
  select 'Nothing was changed. Give it again once the context is retired, or end the move by:'
         ' python -m extraction rollback CONTEXT --for-good'
$$;
-- Before a command takes its lock: it would wait for the copy of its table, and every writer behind
-- it. Which table it is about is not known yet, so sessions that have temporary ones pass.
create or replace function extraction_early() returns event_trigger language plpgsql as $$
begin
  if current_setting('application_name') = 'vortex_extraction' or pg_my_temp_schema() <> 0 then
    return;
  end if;
  raise exception '% is refused: a context moves, and DDL is not replicated', tg_tag
    using errcode = 'VX005', hint = extraction_advice();
end $$;
create or replace function extraction_freeze() returns event_trigger language plpgsql as $$
declare
  v_found text;
begin
  if current_setting('application_name') = 'vortex_extraction' then
    return;
  end if;
  select object_identity into v_found from pg_event_trigger_ddl_commands()
   where schema_name is distinct from 'pg_temp' limit 1;
  if found then
    raise exception '% on % is refused: a context moves, and DDL is not replicated', tg_tag, v_found
      using errcode = 'VX005', hint = extraction_advice();
  end if;
end $$;
create or replace function extraction_keep() returns event_trigger language plpgsql as $$
declare
  v_found text;
begin
  if current_setting('application_name') = 'vortex_extraction' then
    return;
  end if;
  select object_identity into v_found from pg_event_trigger_dropped_objects()
   where not is_temporary and original limit 1;
  if found then
    raise exception '% of % is refused: a context moves, and DDL is not replicated', tg_tag, v_found
      using errcode = 'VX005', hint = extraction_advice();
  end if;
end $$;
