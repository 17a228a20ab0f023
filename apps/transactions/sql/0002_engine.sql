-- The only way to post: a batch of postings in their order, each posted or refused by itself, in one
-- round trip and inside the caller's transaction.
--
-- Items are parallel arrays. `p_same[i]` is the position of the previous item with the same id, or
-- null. Legs are parallel arrays too, ascending by item: the item, the position of the account in
-- `p_accounts`, the amount and the currency. `p_accounts` is sorted and without duplicates.
--
-- Accounts are locked in id order before anything else, and only then is it asked which postings stand
-- already: whoever delivers the same posting at the same time waits for those locks first, and then
-- sees what the other did. Nothing is written before it is decided, so nothing is ever taken back.
--
-- Answers, by item: code (null: posted; 'replayed': it stood before) and the booking time.
create function transactions_post(
  p_ids uuid[], p_hashes bytea[], p_same int[], p_kinds text[], p_descriptions text[],
  p_categories text[], p_counterparties text[], p_references text[], p_effective date[],
  p_booked timestamptz[], p_actors uuid[], p_reverses uuid[],
  p_accounts uuid[], p_leg_item int[], p_leg_account int[], p_leg_amount bigint[],
  p_leg_currency text[], p_epoch bigint, p_headers jsonb,
  out codes text[], out booked timestamptz[]
) language plpgsql as $$
declare
  n int := cardinality(p_ids);
  m int := cardinality(p_leg_item);
  v_owner uuid[]; v_currency text[]; v_balance bigint[]; v_floor bigint[]; v_version bigint[];
  v_was bigint[]; v_state smallint[];
  v_known int[]; v_known_hash bytea[]; v_known_booked timestamptz[]; v_reversed uuid[];
  v_after bigint[] := array_fill(null::bigint, array[m]);
  v_entry bigint[] := array_fill(null::bigint, array[m]);
  v_stands int[] := array_fill(null::int, array[n]);
  v_now timestamptz := clock_timestamp();
  i int; l int := 1; f int; a int; k int; problem text; made int := 0;
begin
  codes := array_fill(null::text, array[n]);
  booked := array_fill(v_now, array[n]);

  with held as materialized (
    select t.* from transactions_account t where t.id = any (p_accounts) order by t.id for update
  )
  select array_agg(h.owner_id order by p.pos), array_agg(h.currency order by p.pos),
         array_agg(h.booked_minor order by p.pos),
         array_agg(case when h.kind = 'customer' then h.held_minor - h.overdraft_minor end
                   order by p.pos),
         array_agg(h.version order by p.pos),
         array_agg((case when h.debits_frozen then 1 else 0 end
                    + case when h.credits_frozen then 2 else 0 end
                    + case when h.closed_at is not null then 4 else 0 end)::smallint
                   order by p.pos)
    into v_owner, v_currency, v_balance, v_floor, v_version, v_state
    from unnest(p_accounts) with ordinality p (id, pos) left join held h on h.id = p.id;
  v_was := v_version;

  select array_agg(q.pos), array_agg(t.content_hash), array_agg(t.booked_at)
    into v_known, v_known_hash, v_known_booked
    from unnest(p_ids) with ordinality q (id, pos) join transactions_posting t on t.id = q.id;
  for k in 1 .. coalesce(cardinality(v_known), 0) loop
    i := v_known[k];
    codes[i] := case when v_known_hash[k] = p_hashes[i] then 'replayed' else 'posting_id_reused' end;
    booked[i] := v_known_booked[k];
  end loop;
  select coalesce(array_agg(r.original_id), '{}') into v_reversed
    from transactions_reversal r where r.original_id = any (p_reverses);

  for i in 1 .. n loop
    f := l;
    while l <= m and p_leg_item[l] = i loop l := l + 1; end loop;
    problem := codes[i];
    if problem is null and p_same[i] is not null and v_stands[p_same[i]] is not null then
      k := v_stands[p_same[i]];
      problem := case when p_hashes[k] = p_hashes[i] then 'replayed' else 'posting_id_reused' end;
      booked[i] := booked[k];
      v_stands[i] := k;
    end if;
    if problem is null and p_reverses[i] is not null and p_reverses[i] = any (v_reversed) then
      problem := 'already_reversed';
    end if;
    if problem is null then
      for k in f .. l - 1 loop
        a := p_leg_account[k];
        if v_currency[a] is null then problem := 'account_not_found';
        elsif v_currency[a] <> p_leg_currency[k] then problem := 'currency_mismatch';
        elsif v_state[a] >= 4 then problem := 'account_closed';
        elsif v_state[a] & (case when p_leg_amount[k] < 0 then 1 else 2 end) <> 0 then
          problem := 'account_frozen';
        end if;
        exit when problem is not null;
      end loop;
    end if;
    if problem is null then
      for k in f .. l - 1 loop
        a := p_leg_account[k];
        if p_leg_amount[k] < 0 and v_balance[a] + p_leg_amount[k] < v_floor[a] then
          problem := 'insufficient_funds';
          exit;
        end if;
      end loop;
    end if;
    codes[i] := problem;
    continue when problem is not null;

    made := made + 1;
    v_stands[i] := i;
    booked[i] := coalesce(p_booked[i], v_now);
    if p_reverses[i] is not null then v_reversed := v_reversed || p_reverses[i]; end if;
    for k in f .. l - 1 loop
      a := p_leg_account[k];
      v_balance[a] := v_balance[a] + p_leg_amount[k];
      v_version[a] := v_version[a] + 1;
      v_after[k] := v_balance[a];
      v_entry[k] := v_version[a];
    end loop;
  end loop;
  if made = 0 then return; end if;

  update transactions_account t set booked_minor = s.balance, version = s.version
    from unnest(p_accounts, v_balance, v_version, v_was) s (id, balance, version, was)
   where t.id = s.id and s.version <> s.was;

  insert into transactions_posting (id, content_hash, kind, description, category, counterparty,
                                    reference, booked_at, effective_date, actor_id, reverses_id)
    select q.id, q.hash, q.kind, q.description, q.category, q.counterparty, q.reference, q.at,
           coalesce(q.effective, (q.at at time zone 'UTC')::date), q.actor, q.reverses
      from unnest(p_ids, p_hashes, p_kinds, p_descriptions, p_categories, p_counterparties,
                  p_references, booked, p_effective, p_actors, p_reverses, codes)
        q (id, hash, kind, description, category, counterparty, reference, at, effective, actor,
           reverses, code)
     where q.code is null;
  insert into transactions_reversal (original_id, posting_id)
    select q.reverses, q.id from unnest(p_ids, p_reverses, codes) q (id, reverses, code)
     where q.code is null and q.reverses is not null;
  insert into transactions_entry (account_id, version, posting_id, amount_minor, currency,
                                  balance_after_minor, booked_at)
    select p_accounts[e.a], e.version, p_ids[e.item], e.amount, e.currency, e.after, booked[e.item]
      from unnest(p_leg_item, p_leg_account, p_leg_amount, p_leg_currency, v_after, v_entry)
        e (item, a, amount, currency, after, version)
     where e.version is not null
     order by e.a, e.version;

  insert into outbox_message (topic, key, single, type, version, payload, epoch, headers)
    select 'transaction.events', q.id::text, true, 'transaction.posted', 1,
           jsonb_build_object(
             'posting_id', q.id, 'kind', q.kind, 'description', q.description,
             'category', q.category, 'counterparty', q.counterparty, 'booked_at', q.at,
             'effective_date', coalesce(q.effective, (q.at at time zone 'UTC')::date),
             'reverses', q.reverses, 'legs', legs.legs),
           p_epoch, p_headers
      from unnest(p_ids, p_kinds, p_descriptions, p_categories, p_counterparties, booked,
                  p_effective, p_reverses, codes)
        with ordinality q (id, kind, description, category, counterparty, at, effective, reverses,
                           code, item)
      join (
        select e.item, jsonb_agg(jsonb_build_object(
                 'account_id', p_accounts[e.a], 'owner_id', v_owner[e.a],
                 'amount_minor', e.amount, 'currency', e.currency,
                 'balance_after_minor', e.after, 'version', e.version) order by e.pos) as legs
          from unnest(p_leg_item, p_leg_account, p_leg_amount, p_leg_currency, v_after, v_entry)
            with ordinality e (item, a, amount, currency, after, version, pos)
         where e.version is not null
         group by e.item
      ) legs on legs.item = q.item
     where q.code is null
     order by q.item;
end $$;
