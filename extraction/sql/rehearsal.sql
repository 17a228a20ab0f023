-- What a rehearsal of writes needs on the stand-by, in a schema of its own: a note of every row that
-- changes, and how to undo them inside a transaction that cannot commit (vortex/db/rehearsing.py).

create schema if not exists extraction_shadow;

create unlogged table if not exists extraction_shadow.change (
  id bigint generated always as identity primary key,
  xact bigint not null default (pg_current_xact_id()::text::bigint),
  relation text not null,
  root text not null,
  op text not null,
  before jsonb,
  after jsonb,
  at timestamptz not null default clock_timestamp()
);
-- The tables, and the statements that undo a change of theirs.
create table if not exists extraction_shadow.known (
  relation text primary key, undo_insert text not null, undo_update text not null,
  undo_delete text not null
);
create table if not exists extraction_shadow.rehearsal (at timestamptz not null default now());

-- Replication passes through here, and so do the replays: both are noted by the same hand. What
-- nobody reads goes by itself after a minute, should the operator's tool have been killed.
create or replace function extraction_shadow.note() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
set timezone = 'UTC' set bytea_output = 'hex' set intervalstyle = 'postgres'
set extra_float_digits = '1' as $$
declare
  v_id bigint;
begin
  if current_setting('extraction.undoing', true) = 'on' then
    return null;
  end if;
  insert into extraction_shadow.change (relation, root, op, before, after)
  values (tg_table_name, tg_argv[0], lower(tg_op),
          case when tg_op <> 'INSERT' then to_jsonb(old) end,
          case when tg_op <> 'DELETE' then to_jsonb(new) end)
  returning id into v_id;
  if v_id % 5000 = 0 then
    delete from extraction_shadow.change where at < clock_timestamp() - interval '1 minute';
  end if;
  return null;
end $$;

create or replace function extraction_shadow.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'a rehearsal is never committed' using errcode = 'VX006';
end $$;
do $$
begin
  if not exists (select from pg_trigger where tgname = 'extraction_never') then
    create constraint trigger extraction_never after insert on extraction_shadow.rehearsal
      deferrable initially deferred for each row execute function extraction_shadow.refuse();
    alter table extraction_shadow.rehearsal enable always trigger extraction_never;
  end if;
end $$;

-- Make this transaction one that cannot commit, hold replication back, undo what was changed since,
-- and own the data; return the last change. As the superuser it passes what guards the rows, and
-- triggers do not fire: history that is only added to is undone here all the same.
create or replace function extraction_shadow.begin(p_context text, p_since bigint) returns bigint
language plpgsql security definer set search_path = public, pg_catalog, pg_temp
set session_replication_role = 'replica' set timezone = 'UTC' as $$
declare
  v_change extraction_shadow.change;
  v_known extraction_shadow.known;
  v_count bigint;
begin
  insert into extraction_shadow.rehearsal default values;
  perform set_config('lock_timeout', '500ms', true);
  lock table extraction_shadow.change in share row exclusive mode;
  update topology_owner set owner = 'here' where context = p_context;
  perform set_config('extraction.undoing', 'on', true);
  for v_change in
    select * from extraction_shadow.change where id >= p_since order by id desc
  loop
    select * into strict v_known from extraction_shadow.known where relation = v_change.relation;
    if v_change.op = 'insert' then
      execute v_known.undo_insert using v_change.after;
    elsif v_change.op = 'update' then
      execute v_known.undo_update using v_change.before, v_change.after;
    else
      execute v_known.undo_delete using v_change.before;
    end if;
    get diagnostics v_count = row_count;
    if v_count <> 1 then
      raise exception 'change % of % cannot be undone', v_change.id, v_change.relation;
    end if;
  end loop;
  perform set_config('extraction.undoing', 'off', true);
  return coalesce((select max(id) from extraction_shadow.change), 0);
end $$;

-- Check now what waits for a commit that never comes; what refuses the commit is not among it.
create or replace function extraction_shadow.settle() returns void language plpgsql as $$
declare
  v_names text;
begin
  select string_agg(distinct quote_ident(conname), ', ') into v_names
    from pg_constraint where condeferrable and connamespace = 'public'::regnamespace
     and contype in ('f', 'u', 'p', 'x', 't');
  if v_names is not null then
    execute 'set constraints ' || v_names || ' immediate';
  end if;
end $$;
