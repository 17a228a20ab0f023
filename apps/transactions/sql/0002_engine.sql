-- The only way to post: a batch of postings in their order, each posted or refused by itself, in one
-- round trip and inside the caller's transaction. Three functions: post asks the second to decide and
-- the third to tell.
--
-- Items are parallel arrays: `p_same` is the position of the previous item with the same id. Legs are
-- parallel arrays too, ascending by item: the position of the item, of the account in `p_accounts` and
-- of the currency in `p_currencies`; `p_leg_end` is the last leg of each item. `p_accounts` is sorted
-- and without duplicates; `p_sums` and `p_counts` are what all legs together do to each of them. An
-- array that says nothing but null is null itself.

-- Decides each item against what the items before it left. Balances, versions and floors are those of
-- the accounts under lock; an account that does not exist has no currency. `p_state` adds 1 for frozen
-- debits, 2 for frozen credits, 4 for closed. It knows no tables: domain/reference.py says the same.
create function transactions_decide(
  p_same int[], p_hashes bytea[], p_leg_end int[], p_leg_account int[], p_leg_amount bigint[],
  p_leg_currency int[], p_currency int[], p_state int[], p_floor bigint[],
  inout codes text[], inout culprits int[], inout balances bigint[], inout versions bigint[],
  out after bigint[], out places bigint[], out made int
) language plpgsql immutable as $$
declare
  n int := cardinality(p_leg_end);
  v_most constant bigint := 4000000000000000000;
  v_stands int[] := case when p_same is not null then array_fill(null::int, array[n]) end;
  v_first int; v_last int := 0; i int; k int; a int; v_amount bigint; v_problem text;
begin
  made := 0;
  after := array_fill(null::bigint, array[p_leg_end[n]]);
  places := after;
  for i in 1 .. n loop
    v_first := v_last + 1;
    v_last := p_leg_end[i];
    v_problem := codes[i];
    if v_problem is null and p_same[i] is not null then
      k := v_stands[p_same[i]];
      if k is not null then
        v_stands[i] := k;
        v_problem := case when p_hashes[k] = p_hashes[i] then 'replayed' else 'posting_id_reused' end;
      end if;
    end if;
    if v_problem is null then
      for k in v_first .. v_last loop
        a := p_leg_account[k];
        v_amount := p_leg_amount[k];
        if p_currency[a] is distinct from p_leg_currency[k] then
          v_problem := case when p_currency[a] is null then 'account_not_found'
                            else 'currency_mismatch' end;
        elsif p_state[a] <> 0 then
          if p_state[a] >= 4 then v_problem := 'account_closed';
          elsif p_state[a] & (case when v_amount < 0 then 1 else 2 end) <> 0 then
            v_problem := 'account_frozen';
          end if;
        end if;
        if v_problem is not null then culprits[i] := a; exit; end if;
      end loop;
    end if;
    if v_problem is null then
      for k in v_first .. v_last loop
        a := p_leg_account[k];
        v_amount := balances[a] + p_leg_amount[k];
        if p_leg_amount[k] < 0 and v_amount < p_floor[a] then
          v_problem := 'insufficient_funds';
        elsif v_amount not between -v_most and v_most then
          v_problem := 'balance_out_of_range';
        end if;
        if v_problem is not null then culprits[i] := a; exit; end if;
      end loop;
    end if;
    if v_problem is not null then
      codes[i] := v_problem;
      continue;
    end if;
    made := made + 1;
    if p_same is not null then v_stands[i] := i; end if;
    for k in v_first .. v_last loop
      a := p_leg_account[k];
      balances[a] := balances[a] + p_leg_amount[k];
      versions[a] := versions[a] + 1;
      after[k] := balances[a];
      places[k] := versions[a];
    end loop;
  end loop;
end $$;

-- Puts transaction.posted for every posting that was made into the outbox. JSON that is written as
-- text and read once costs half of what jsonb_build_object does. So do ids of events that are one
-- UUIDv7 with the item's number at its end instead of one each; they are not the postings' own ids,
-- because those are chosen by callers and an event id must be nobody's choice.
create function transactions_tell(
  p_ids uuid[], p_kinds text[], p_descriptions text[], p_categories text[], p_counterparties text[],
  p_effective date[], p_booked timestamptz[], p_reverses uuid[], p_now timestamptz,
  p_accounts uuid[], p_owners uuid[], p_leg_item int[], p_leg_account int[], p_leg_amount bigint[],
  p_currencies text[], p_leg_currency int[], p_after bigint[], p_places bigint[],
  p_epoch bigint, p_headers jsonb[]
) returns void language plpgsql as $$
declare
  v_base constant text := left(uuidv7()::text, 31);
begin
  insert into outbox_message (event_id, topic, key, single, type, version, payload, epoch, headers)
  select (v_base || lpad(to_hex(l.item), 5, '0'))::uuid, 'transaction.events',
         p_ids[l.item]::text, true, 'transaction.posted', 1,
         ('{"posting_id":"' || p_ids[l.item]
           || '","kind":' || to_json(p_kinds[l.item])::text
           || ',"description":' || to_json(p_descriptions[l.item])::text
           || ',"category":' || to_json(p_categories[l.item])::text
           || ',"counterparty":' || to_json(p_counterparties[l.item])::text
           || ',"booked_at":' || to_json(l.at)::text
           || ',"effective_date":'
           || to_json(coalesce(p_effective[l.item], (l.at at time zone 'UTC')::date))::text
           || ',"reverses":' || coalesce(to_json(p_reverses[l.item])::text, 'null')
           || ',"legs":[' || l.legs || ']}')::jsonb,
         p_epoch, coalesce(p_headers[l.item], p_headers[1])
    from (
      select e.item, coalesce(p_booked[e.item], p_now) as at,
             string_agg(
               '{"account_id":"' || p_accounts[e.a]
                 || '","owner_id":' || coalesce('"' || p_owners[e.a] || '"', 'null')
                 || ',"amount_minor":' || e.amount || ',"currency":"' || p_currencies[e.c]
                 || '","balance_after_minor":' || e.after || ',"version":' || e.place || '}',
               ',' order by e.pos) as legs
        from unnest(p_leg_item, p_leg_account, p_leg_amount, p_leg_currency, p_after, p_places)
          with ordinality e (item, a, amount, c, after, place, pos)
       where e.place is not null
       group by e.item
    ) l
   order by l.item;
end $$;

-- Answers, by item: `codes` (null: posted; 'replayed': it stood before), the position of the account
-- that a refusal is about, when a replayed posting was booked; and when the others were.
--
-- Accounts are locked in id order, and changed in the same pass as if every item were accepted; no
-- balance leaves its range by that, and nobody sees it. Only then is it asked which postings stand
-- already: whoever delivers the same posting at once waits for those locks first, and then sees what
-- the other did. Once all is decided, what was refused is taken out of the balances; nothing else is
-- written before it is decided, so history is never taken back. Booking times are read under the
-- locks, so along an account they do not run against its versions.
--
-- The same id used at once for other accounts meets no lock but the primary key: then all of it is
-- decided again, and sees the posting that came first.
create function transactions_post(
  p_ids uuid[], p_hashes bytea[], p_same int[], p_kinds text[], p_descriptions text[],
  p_categories text[], p_counterparties text[], p_references text[], p_effective date[],
  p_booked timestamptz[], p_actors uuid[], p_reverses uuid[],
  p_accounts uuid[], p_sums bigint[], p_counts int[], p_currencies text[],
  p_leg_end int[], p_leg_item int[], p_leg_account int[], p_leg_amount bigint[],
  p_leg_currency int[], p_epoch bigint, p_headers jsonb[], p_legs_too boolean,
  out codes text[], out culprits int[], out stood timestamptz[], out booked timestamptz,
  out after bigint[], out places bigint[]
) language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  n int := cardinality(p_ids);
  v_attempts int := 0;
  v_found int; v_pos int[]; v_index int[]; v_owner uuid[]; v_currency int[]; v_state int[];
  v_floor bigint[]; v_was bigint[]; v_was_version bigint[]; v_balance bigint[]; v_version bigint[];
  v_known int[]; v_hash bytea[]; v_at timestamptz[];
  v_made int; k int;
begin
  perform set_config('transactions.engine', 'on', true);  -- see 0002_engine_only.sql
  <<attempts>>
  loop
    begin
      with changed as (
        update transactions_account t
           set version = t.version + s.legs,
               booked_minor = case
                 when t.closed_at is not null then t.booked_minor
                 when t.kind = 'customer' then
                   greatest(least(t.booked_minor + s.sum, 4000000000000000000),
                            t.held_minor - t.overdraft_minor)
                 else greatest(least(t.booked_minor + s.sum, 4000000000000000000),
                               -4000000000000000000) end
          from (select u.id, u.sum, u.legs, u.pos
                  from unnest(p_accounts, p_sums, p_counts) with ordinality u (id, sum, legs, pos)
                 order by u.id) s
         where t.id = s.id
        returning s.pos, t.owner_id, coalesce(array_position(p_currencies, t.currency), 0) as currency,
                  old.booked_minor as was, old.version as was_version,
                  case when t.kind = 'customer' then t.held_minor - t.overdraft_minor end as floor,
                  t.debits_frozen::int + t.credits_frozen::int * 2
                    + (t.closed_at is not null)::int * 4 as state
      )
      select count(*), array_agg(c.pos order by c.pos), array_agg(c.owner_id order by c.pos),
             array_agg(c.currency order by c.pos), array_agg(c.was order by c.pos),
             array_agg(c.was_version order by c.pos), array_agg(c.floor order by c.pos),
             array_agg(c.state order by c.pos)
        into v_found, v_pos, v_owner, v_currency, v_was, v_was_version, v_floor, v_state
        from changed c;
      if v_found < cardinality(p_accounts) then  -- leave a gap for each that does not exist
        v_index := array_fill(null::int, array[cardinality(p_accounts)]);
        for k in 1 .. v_found loop v_index[v_pos[k]] := k; end loop;
        select array_agg(v_owner[i] order by o), array_agg(v_currency[i] order by o),
               array_agg(v_was[i] order by o), array_agg(v_was_version[i] order by o),
               array_agg(v_floor[i] order by o), array_agg(v_state[i] order by o)
          into v_owner, v_currency, v_was, v_was_version, v_floor, v_state
          from unnest(v_index) with ordinality x (i, o);
      end if;
      booked := clock_timestamp();

      codes := array_fill(null::text, array[n]);
      culprits := array_fill(null::int, array[n]);
      stood := null;
      select array_agg(q.pos), array_agg(t.content_hash), array_agg(t.booked_at)
        into v_known, v_hash, v_at
        from unnest(p_ids) with ordinality q (id, pos) join transactions_posting t on t.id = q.id;
      if v_known is not null then
        stood := array_fill(null::timestamptz, array[n]);
        for k in 1 .. cardinality(v_known) loop
          codes[v_known[k]] := case when v_hash[k] = p_hashes[v_known[k]] then 'replayed'
                                    else 'posting_id_reused' end;
          stood[v_known[k]] := v_at[k];
        end loop;
      end if;
      if p_reverses is not null then
        for k in select q.pos from unnest(p_reverses) with ordinality q (id, pos)
                   join transactions_reversal r on r.original_id = q.id loop
          codes[k] := coalesce(codes[k], 'already_reversed');
        end loop;
      end if;

      select d.codes, d.culprits, d.balances, d.versions, d.after, d.places, d.made
        into codes, culprits, v_balance, v_version, after, places, v_made
        from transactions_decide(p_same, p_hashes, p_leg_end, p_leg_account, p_leg_amount,
                                 p_leg_currency, v_currency, v_state, v_floor, codes, culprits,
                                 v_was, v_was_version) d;

      if v_made < n then
        update transactions_account t set booked_minor = s.balance, version = s.version
          from unnest(p_accounts, v_balance, v_version, v_was_version, p_counts)
            s (id, balance, version, was_version, legs)
         where t.id = s.id and s.version <> s.was_version + s.legs;
      end if;
      exit attempts when v_made = 0;

      insert into transactions_posting
        (id, content_hash, kind, description, category, counterparty, reference, booked_at,
         effective_date, actor_id, reverses_id)
      select q.id, q.hash, q.kind, q.description, q.category, q.counterparty, q.reference,
             coalesce(q.at, booked),
             coalesce(q.effective, (coalesce(q.at, booked) at time zone 'UTC')::date), q.actor,
             q.reverses
        from unnest(p_ids, p_hashes, p_kinds, p_descriptions, p_categories, p_counterparties,
                    p_references, p_booked, p_effective, p_actors, p_reverses, codes)
          q (id, hash, kind, description, category, counterparty, reference, at, effective, actor,
             reverses, code)
       where q.code is null
       order by q.id;
      if p_reverses is not null then
        insert into transactions_reversal (original_id, posting_id)
        select q.reverses, q.id from unnest(p_ids, p_reverses, codes) q (id, reverses, code)
         where q.code is null and q.reverses is not null;
      end if;
      insert into transactions_entry
        (account_id, version, posting_id, amount_minor, currency, balance_after_minor, booked_at)
      select p_accounts[e.a], e.place, p_ids[e.item], e.amount, p_currencies[e.c], e.after,
             coalesce(p_booked[e.item], booked)
        from unnest(p_leg_item, p_leg_account, p_leg_amount, p_leg_currency, after, places)
          e (item, a, amount, c, after, place)
       where e.place is not null
       order by e.a, e.place;
      perform transactions_tell(
        p_ids, p_kinds, p_descriptions, p_categories, p_counterparties, p_effective, p_booked,
        p_reverses, booked, p_accounts, v_owner, p_leg_item, p_leg_account, p_leg_amount,
        p_currencies, p_leg_currency, after, places, p_epoch, p_headers);
      exit attempts;
    exception when unique_violation then
      v_attempts := v_attempts + 1;
      if v_attempts = 5 then raise; end if;
    end;
  end loop;
  perform set_config('transactions.engine', '', true);
  if v_made = n then codes := null; culprits := null; end if;
  if not p_legs_too then after := null; places := null; end if;
end $$;
