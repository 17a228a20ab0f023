/** Money between two accounts of one's own in two currencies, at a rate that the bank keeps for a minute. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { api, get, once, type Schemas } from "../../lib/api";
import { Refusal, refusalOf } from "../../lib/errors";
import { useIntent } from "../../lib/form";
import { decimal, moneyText, t, T } from "../../lib/i18n";
import { asMoney, isZero, minor, sum, worth, type Money } from "../../lib/money";
import { announce } from "../../lib/say";
import { Amount, Spinner } from "../../ui/basics";
import { FormFailure } from "../../ui/states";
import { complaint, type Plan } from "./plan";
import { moved, Path } from "./review";

/** What the bank promises, and until when by this page's own clock, which need not be right. */
export type Offer = {
  id: string;
  sold: Money;
  bought: Money;
  fee: Money;
  total: Money;
  ends: number;
};

const LIFE_MS = 60_000;

async function ask(plan: Plan): Promise<Offer> {
  const body = { source: plan.amount, target_currency: plan.payee.currency };
  const began = performance.now();
  const answer = api.POST("/api/transactions/quotes", { body });
  const quote = await get(answer);
  const told = Date.parse((await answer).response.headers.get("Date") ?? "");
  const life = Date.parse(quote.expires_at) - told;
  const [sold, bought, fee] = [asMoney(quote.source), asMoney(quote.target), asMoney(quote.fee)];
  return {
    id: quote.id,
    sold,
    bought,
    fee,
    total: sum([sold, fee], sold.currency),
    // The bank's clock against the bank's clock; from when it was asked, so that ours ends first.
    ends: began + (life > 0 ? Math.min(life, LIFE_MS) : LIFE_MS),
  };
}

/** A first offer; what stands against it is said beside the field that can change it. */
export async function quoted(plan: Plan): Promise<Offer> {
  try {
    const offer = await ask(plan);
    const { available } = plan.source.balance;
    if (minor(offer.total) > minor(available)) {
      const values = { total: moneyText(offer.total), available: moneyText(available) };
      throw complaint("amount", t("exchange.too_much", values));
    }
    return offer;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === "no_exchange_rate")
      throw complaint("own", t("exchange.no_rate", { from: plan.amount.currency, to: plan.payee.currency }));
    if (refusal.code === "exchange_amount_too_small") throw complaint("amount", t("exchange.too_small"));
    throw refusal;
  }
}

/** "1 EUR = 0.8577 GBP": what is really paid for what is really got, with the bank's margin in it. */
const rateOf = ({ sold, bought }: Offer): string =>
  t("exchange.rate_is", { from: sold.currency, rate: decimal(worth(sold, bought)), to: bought.currency });

function Facts({ offer }: { offer: Offer }): VNode {
  return (
    <>
      <div>
        <dt>{t("exchange.rate")}</dt>
        <dd>{rateOf(offer)}</dd>
      </div>
      <div>
        <dt>{t("exchange.fee")}</dt>
        <dd>{isZero(offer.fee) ? t("exchange.no_fee") : <Amount money={offer.fee} />}</dd>
      </div>
      {!isZero(offer.fee) && (
        <div>
          <dt>{t("exchange.total")}</dt>
          <dd>
            <Amount money={offer.total} />
          </dd>
        </div>
      )}
    </>
  );
}

export function exchangeReceipt(offer: Offer): { title: VNode; spoken: string; facts: ComponentChildren } {
  const { sold, bought } = offer;
  return {
    title: <T k="exchange.done" sold={<Amount money={sold} />} bought={<Amount money={bought} />} />,
    spoken: t("exchange.done", { sold: moneyText(sold), bought: moneyText(bought) }),
    facts: <Facts offer={offer} />,
  };
}

type Standing = "fresh" | "over" | "unsure";

export function ExchangeReview({
  plan,
  first,
  back,
  done,
}: {
  plan: Plan;
  first: Offer;
  back: () => void;
  done: (made: Schemas["Transaction"], offer: Offer) => void;
}): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const offer = useSignal(first);
  const standing = useSignal<Standing>("fresh");
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const intent = useIntent();
  useEffect(() => heading.current?.focus(), []);
  const over = () => {
    if (busy.value) return; // the bank's word counts, and it is on its way
    standing.value = "over";
    announce(t("exchange.over"));
  };
  const act = async (work: () => Promise<void>, failed: (refusal: Refusal) => void) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await work();
    } catch (error) {
      busy.value = false;
      failed(refusalOf(error));
    } finally {
      busy.value = false;
    }
  };
  const notSent = (refusal: Refusal) => {
    if (refusal.code === "quote_expired") return over();
    // Whether it went through is not known. The same request again is safe; another quote is not.
    const isUnsure = refusal.isSilence || refusal.status >= 500;
    if (isUnsure) standing.value = "unsure";
    failure.value = isUnsure ? new Refusal({ code: "outcome_unknown" }) : refusal;
  };
  const send = () =>
    act(async () => {
      const used = offer.value;
      const body = {
        quote_id: used.id,
        source_account_id: plan.source.id,
        target_account_id: plan.payee.account_id,
      };
      const header = (key: string) => ({ header: { "Idempotency-Key": key } });
      const post = (key: string) => api.POST("/api/transactions/exchange", { params: header(key), body });
      const made = await once(post, intent.key(body));
      intent.done();
      moved();
      done(made, used);
    }, notSent);
  const renew = () =>
    act(async () => {
      offer.value = await ask(plan);
      standing.value = "fresh";
      heading.current?.focus();
    }, (refusal) => (failure.value = refusal));
  const now = offer.value;
  return (
    <section class="card review" aria-labelledby="review-title">
      <h2 id="review-title" tabIndex={-1} ref={heading}>
        {t("transfer.check")}
      </h2>
      <FormFailure refusal={failure.value} />
      <p class="review-amount">
        <Amount money={now.bought} />
      </p>
      <p class="hero-finding">
        <span>
          <T k="exchange.for" amount={<Amount money={now.total} />} />
        </span>
      </p>
      <Path plan={plan} />
      <dl class="facts">
        <Facts offer={now} />
      </dl>
      {standing.value !== "unsure" && <Countdown key={now.id} offer={now} isOver={standing.value === "over"} over={over} />}
      <div class="actions">
        <button type="button" class="button" onClick={back}>
          {t("action.back")}
        </button>
        {standing.value === "over" ? (
          <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void renew()}>
            {busy.value && <Spinner />}
            {t("exchange.renew")}
          </button>
        ) : (
          <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void send()}>
            {busy.value && <Spinner />}
            {t("exchange.send", { amount: moneyText(now.sold) })}
          </button>
        )}
      </div>
    </section>
  );
}

/** How long the rate still holds: a line that gets shorter, and seconds for whoever asks. */
function Countdown({ offer, isOver, over }: { offer: Offer; isOver: boolean; over: () => void }): VNode {
  const left = useSignal(Math.max(0, offer.ends - performance.now()));
  useEffect(() => {
    const timer = setInterval(() => {
      left.value = Math.max(0, offer.ends - performance.now());
      if (left.value > 0) return;
      clearInterval(timer);
      over();
    }, 500);
    return () => clearInterval(timer);
  }, [offer]);
  const seconds = isOver ? 0 : Math.ceil(left.value / 1000);
  return (
    <div class="countdown">
      <progress max={LIFE_MS / 1000} value={seconds} aria-hidden="true" />
      <p class="hint" role="timer">
        {seconds ? t("exchange.holds", { count: seconds }) : t("exchange.over")}
      </p>
    </div>
  );
}
