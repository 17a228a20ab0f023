-- The engine as it stands since requests of many callers are served in one statement. Its first function,
-- transactions_decide, is that of 0002_engine.sql.

-- A leg as an event says it; stable, as a uuid's text is to PostgreSQL, or it would not be inlined.
create function transactions_leg(
  p_account uuid, p_owner uuid, p_amount bigint, p_currency text, p_after bigint, p_version bigint
) returns text language sql stable parallel safe as $$
  select '{"account_id":"' || p_account
           || '","owner_id":' || coalesce('"' || p_owner || '"', 'null')
           || ',"amount_minor":' || p_amount || ',"currency":"' || p_currency
           || '","balance_after_minor":' || p_after || ',"version":' || p_version || '}'
$$;

-- Puts transaction.posted for every posting that was made into the outbox. JSON that is written as
-- text and read once costs half of what jsonb_build_object does. So do ids of events that are one
-- UUIDv7 with the item's number at its end instead of one each; they are not the postings' own ids,
-- because those are chosen by callers and an event id must be nobody's choice.
drop function transactions_tell;

create function transactions_tell(
  p_ids uuid[], p_kinds text[], p_descriptions text[], p_categories text[], p_counterparties text[],
  p_effective date[], p_booked timestamptz[], p_reverses uuid[], p_now timestamptz,
  p_accounts uuid[], p_owners uuid[], p_leg_end int[], p_leg_item int[], p_leg_account int[],
  p_leg_amount bigint[], p_currencies text[], p_leg_currency int[], p_after bigint[],
  p_places bigint[], p_epoch bigint, p_headers jsonb[]
) returns void language plpgsql as $$
declare
  v_base constant text := left(uuidv7()::text, 31);
  v_now constant text := to_json(p_now);
  v_today constant text := to_json((p_now at time zone 'UTC')::date);
  v_legs text[];
begin
  if p_leg_end = array(select 2 * i from generate_series(1, cardinality(p_ids)) i) then
    -- Two legs each, as most have: they stand beside each other and need not be gathered.
    v_legs := array(
      select case when p_places[2 * i] is not null then
               transactions_leg(p_accounts[p_leg_account[2 * i - 1]],
                                p_owners[p_leg_account[2 * i - 1]], p_leg_amount[2 * i - 1],
                                p_currencies[p_leg_currency[2 * i - 1]], p_after[2 * i - 1],
                                p_places[2 * i - 1]) || ',' ||
               transactions_leg(p_accounts[p_leg_account[2 * i]], p_owners[p_leg_account[2 * i]],
                                p_leg_amount[2 * i], p_currencies[p_leg_currency[2 * i]],
                                p_after[2 * i], p_places[2 * i]) end
        from generate_series(1, cardinality(p_ids)) i order by i);
  else
    v_legs := array(
      select string_agg(transactions_leg(p_accounts[e.a], p_owners[e.a], e.amount,
                                         p_currencies[e.c], e.after, e.place), ',' order by e.pos)
               filter (where e.place is not null)
        from unnest(p_leg_item, p_leg_account, p_leg_amount, p_leg_currency, p_after, p_places)
          with ordinality e (item, a, amount, c, after, place, pos)
       group by e.item order by e.item);
  end if;
  insert into outbox_message (event_id, topic, key, single, type, version, payload, epoch, headers)
  select (v_base || lpad(to_hex(q.item), 5, '0'))::uuid, 'transaction.events',
         q.id::text, true, 'transaction.posted', 1,
         ('{"posting_id":"' || q.id
           || '","kind":' || to_json(q.kind)::text
           || ',"description":' || to_json(q.description)::text
           || ',"category":' || to_json(q.category)::text
           || ',"counterparty":' || to_json(q.counterparty)::text
           || ',"booked_at":' || coalesce(to_json(q.at)::text, v_now)
           || ',"effective_date":'
           || coalesce(to_json(coalesce(q.effective, (q.at at time zone 'UTC')::date))::text, v_today)
           || ',"reverses":' || coalesce(to_json(q.reverses)::text, 'null')
           || ',"legs":[' || q.legs || ']}')::jsonb,
         p_epoch, coalesce(q.headers, p_headers[1])
    from unnest(p_ids, p_kinds, p_descriptions, p_categories, p_counterparties, p_effective, p_booked,
                p_reverses, p_headers, v_legs) with ordinality
      q (id, kind, description, category, counterparty, effective, at, reverses, headers, legs, item)
   where q.legs is not null
   order by q.item;
end $$;

drop function transactions_post;

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
-- `p_codes` are refusals that are known before; such an item is not asked about again. Where there are
-- `p_payers`, every item has two legs: who asks must hold the account of its first, else it gets
-- 'ask_payer', and 'ask_limits' where limits of spending stand against that account: neither is made,
-- and whoever asks looks at the mandate or takes the limits' locks. `mine` says by item whether the
-- account of its second leg is theirs too.
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
  p_codes text[] default null, p_payers uuid[] default null,
  out codes text[], out culprits int[], out stood timestamptz[], out booked timestamptz,
  out after bigint[], out places bigint[], out mine boolean[]
) language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
as $$
declare
  n int := cardinality(p_ids);
  v_attempts int := 0;
  v_found int; v_pos int[]; v_index int[]; v_owner uuid[]; v_currency int[]; v_state int[];
  v_floor bigint[]; v_was bigint[]; v_was_version bigint[]; v_balance bigint[]; v_version bigint[];
  v_known int[]; v_hash bytea[]; v_at timestamptz[];
  v_made int; k int; a int; v_limited int[];
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

      codes := coalesce(p_codes, array_fill(null::text, array[n]));
      culprits := array_fill(null::int, array[n]);
      stood := null;
      select array_agg(q.pos), array_agg(t.content_hash), array_agg(t.booked_at)
        into v_known, v_hash, v_at
        from unnest(p_ids) with ordinality q (id, pos) join transactions_posting t on t.id = q.id;
      if v_known is not null then
        stood := array_fill(null::timestamptz, array[n]);
        for k in 1 .. cardinality(v_known) loop
          codes[v_known[k]] := coalesce(
            p_codes[v_known[k]],
            case when v_hash[k] = p_hashes[v_known[k]] then 'replayed' else 'posting_id_reused' end);
          stood[v_known[k]] := v_at[k];
        end loop;
      end if;
      if p_payers is not null then
        mine := array_fill(false, array[n]);
        v_limited := array(
          select u.pos from unnest(p_accounts, p_sums) with ordinality u (id, sum, pos)
           where exists (select from transactions_limit l where l.account_id = u.id));
        for k in 1 .. n loop
          a := p_leg_account[2 * k - 1];
          mine[k] := coalesce(v_owner[p_leg_account[2 * k]] = p_payers[k], false);
          if codes[k] is not null then continue; end if;
          if v_owner[a] is distinct from p_payers[k] then codes[k] := 'ask_payer';
          elsif a = any (v_limited) then codes[k] := 'ask_limits';
          end if;
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
        p_reverses, booked, p_accounts, v_owner, p_leg_end, p_leg_item, p_leg_account, p_leg_amount,
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

-- Serves requests for one transfer each, of many callers, as a transaction of its own: enters through
-- the fence, claims their keys, posts, and writes each answer under its key. `p_heads` is the beginning
-- of each answer, up to the booking time; `p_units` is one minor unit of each currency as a decimal.
--
-- Answers, by item: `codes` (null: done, with its answer in `bodies`) and the position of the account
-- that a refusal is about. The codes 'key_taken', 'ask_payer' and 'ask_limits' refuse nothing: nothing
-- was done for the item, and it is for a longer way to answer. Who waits for a lock for ten seconds
-- gives up, with everything.
create function transactions_serve(
  p_callers text[], p_keys text[], p_request_hashes bytea[], p_locations text[], p_heads text[],
  p_units numeric[], p_payers uuid[],
  p_ids uuid[], p_hashes bytea[], p_kinds text[], p_descriptions text[], p_categories text[],
  p_counterparties text[], p_references text[], p_effective date[],
  p_accounts uuid[], p_sums bigint[], p_counts int[], p_currencies text[],
  p_leg_end int[], p_leg_item int[], p_leg_account int[], p_leg_amount bigint[],
  p_leg_currency int[], p_headers jsonb[],
  out codes text[], out culprits int[], out bodies bytea[]
) language plpgsql
  set lock_timeout = '10s'
  set plan_cache_mode = force_generic_plan
as $$
declare
  v_epoch constant bigint := topology_enter('transactions');
  v_claimed boolean[]; v_known int[]; v_booked timestamptz; v_after bigint[]; v_places bigint[];
  v_mine boolean[]; v_at text; v_date text; v_count int;
begin
  select c.claimed, c.places into v_claimed, v_known
    from idempotency_claim_many(p_callers, p_keys) c;
  if v_known is not null or false = any (v_claimed) then
    codes := array(
      select case when not u.claimed or u.pos = any (coalesce(v_known, '{}')) then 'key_taken' end
        from unnest(v_claimed) with ordinality u (claimed, pos) order by u.pos);
    if array_position(codes, null) is null then return; end if;
  end if;
  select p.codes, p.culprits, p.booked, p.after, p.places, p.mine
    into codes, culprits, v_booked, v_after, v_places, v_mine
    from transactions_post(
      p_ids, p_hashes, null, p_kinds, p_descriptions, p_categories, p_counterparties, p_references,
      p_effective, null, p_payers, null, p_accounts, p_sums, p_counts, p_currencies, p_leg_end,
      p_leg_item, p_leg_account, p_leg_amount, p_leg_currency, v_epoch, p_headers, true, codes,
      p_payers) p;
  v_at := to_char(v_booked at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
    || coalesce('.' || nullif(to_char(v_booked, 'US'), '000000'), '') || 'Z","effective_date":"';
  v_date := to_char(v_booked at time zone 'UTC', 'YYYY-MM-DD');
  bodies := array(
    select convert_to(
        q.head || v_at || coalesce(to_char(q.effective, 'YYYY-MM-DD'), v_date)
          || '","reverses_id":null,"reversed_by_id":null,"is_split":false,"entries":['
          || transactions_entry_said(
               p_accounts[p_leg_account[2 * q.k - 1]], p_leg_amount[2 * q.k - 1],
               v_after[2 * q.k - 1], v_places[2 * q.k - 1],
               p_currencies[p_leg_currency[2 * q.k]], p_units[p_leg_currency[2 * q.k]])
          || case when v_mine[q.k] then ',' || transactions_entry_said(
               p_accounts[p_leg_account[2 * q.k]], p_leg_amount[2 * q.k], v_after[2 * q.k],
               v_places[2 * q.k], p_currencies[p_leg_currency[2 * q.k]],
               p_units[p_leg_currency[2 * q.k]]) else '' end
          || ']}', 'UTF8')
      from unnest(p_heads, p_effective) with ordinality q (head, effective, k) order by q.k);
  insert into idempotency_key (caller, key, request_hash, status, headers, body)
  select q.caller, q.key, q.hash, 201, ('{"Location":"' || q.location || '"}')::jsonb, q.body
    from unnest(p_callers, p_keys, p_request_hashes, p_locations, bodies)
      q (caller, key, hash, location, body)
   where q.body is not null
  on conflict do nothing;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(array_remove(bodies, null)) then
    raise exception 'an answer stood under a key that was claimed';
  end if;
end $$;

-- An entry as the API says it to whom its account belongs. An item that was not made has none.
create function transactions_entry_said(
  p_account uuid, p_amount bigint, p_after bigint, p_version bigint, p_currency text, p_unit numeric
) returns text language sql stable parallel safe as $$
  select '{"account_id":"' || p_account || '","amount":{"amount":"' || (p_amount * p_unit)
           || '","currency":"' || p_currency || '"},"balance_after":{"amount":"'
           || (p_after * p_unit) || '","currency":"' || p_currency || '"},"version":' || p_version
           || '}'
$$;
