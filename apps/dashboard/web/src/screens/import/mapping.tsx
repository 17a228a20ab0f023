/** Saying how a file is to be read, where it does not say so clearly itself. */

import type { VNode } from "preact";
import { useId } from "preact/hooks";

import { api, get, type Schemas } from "../../lib/api";
import { Refusal, refusalOf } from "../../lib/errors";
import { Field, Select, useForm } from "../../lib/form";
import { t, type Key } from "../../lib/i18n";
import type { Tagged } from "../../lib/imports";
import { fromMinor, minor, typedLimit } from "../../lib/money";
import { stale } from "../../lib/resource";
import { Card, Submit } from "../../ui/basics";
import { FormFailure } from "../../ui/states";

const COLUMNS = ["date", "amount", "debit", "credit", "description", "counterparty", "currency"] as const;
const DATES = [
  "YYYY-MM-DD",
  "YYYY/MM/DD",
  "YYYYMMDD",
  "DD.MM.YYYY",
  "DD.MM.YY",
  "DD/MM/YYYY",
  "MM/DD/YYYY",
  "DD/MM/YY",
  "MM/DD/YY",
  "DD-MM-YYYY",
  "MM-DD-YYYY",
  "DD MMM YYYY",
] as const;
const ENCODINGS = ["utf-8", "cp1252", "cp1250", "iso-8859-15", "utf-16"] as const;
type Told = Schemas["PatchedMappingRequest"];

/** The bank's words, with its names of fields replaced by what stands beside them here. */
function worded(problem: string): { text: string; field: string } {
  const named = /the field (\w+)/.exec(problem)?.[1] ?? "";
  const field = named === "columns" ? "date" : named;
  const text = problem.replace(/the field (\w+)/g, (whole, name: string) =>
    ["date_format", "decimal", "encoding", "statement"].includes(name)
      ? `“${t(`import.map.${name}` as Key)}”`
      : name === "columns"
        ? t("import.map.columns")
        : whole,
  );
  return { text, field };
}

export function Mapping({ tagged, done }: { tagged: Tagged; done: () => void }): VNode {
  const { one, etag } = tagged;
  const titles = useId();
  const { text, field } = worded(one.problem);
  const told = one.mapping;
  const form = useForm({
    initial: {
      ...Object.fromEntries(COLUMNS.map((name) => [name, told.columns?.[name] ?? ""])),
      date_format: told.date_format ?? "",
      decimal: told.decimal ?? "",
      encoding: told.encoding ?? "",
      statement: told.statement ?? "",
      opening_minor: told.opening_minor ? fromMinor(BigInt(told.opening_minor), one.currency).amount : "",
    } as Record<string, string>,
    check: (values) => ({
      debit: values.amount && values.debit ? t("import.map.either") : undefined,
      opening_minor: openingOf(values.opening_minor ?? "", one.currency) === null ? t("transfer.wrong_amount") : undefined,
    }),
    send: async (values) => {
      const columns = Object.fromEntries(
        COLUMNS.map((name) => [name, values[name]?.trim() ?? ""] as const).filter(([, title]) => title),
      );
      const body: Told = {
        columns,
        date_format: values.date_format as NonNullable<Told["date_format"]>,
        decimal: values.decimal as NonNullable<Told["decimal"]>,
        encoding: values.encoding ?? "",
        statement: values.statement?.trim() ?? "",
        opening_minor: openingOf(values.opening_minor ?? "", one.currency) ?? 0,
      };
      const params = { path: { import_id: one.id }, header: { "If-Match": etag } };
      try {
        await get(api.PATCH("/api/transactions/imports/{import_id}", { params, body }));
      } catch (error) {
        const refusal = refusalOf(error);
        throw refusal.code === "precondition_failed" ? new Refusal({ code: "changed_elsewhere" }) : refusal;
      }
      stale("imports", `import:${one.id}`, `import-rows:${one.id}`);
      done();
    },
  });
  const said = (name: string) => (field === name && text ? <Said text={text} /> : undefined);
  return (
    <Card title={t("import.map.title")} id="import-mapping">
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        {text && !field && (
          <p class="field-error" role="alert" dir="auto">
            {text}
          </p>
        )}
        {one.sample.length > 0 && <Sample rows={one.sample} />}
        <p class="hint">{t("import.map.why")}</p>
        <datalist id={titles}>
          {[...new Set(one.sample[0] ?? [])].filter(Boolean).map((title) => (
            <option key={title} value={title} />
          ))}
        </datalist>
        {COLUMNS.map((name) => (
          <Field
            key={name}
            form={form}
            name={name}
            label={t(`import.map.${name}` as Key)}
            hint={said(name)}
            list={titles}
            maxLength={60}
          />
        ))}
        <Select form={form} name="date_format" label={t("import.map.date_format")} hint={said("date_format")}>
          <option value="">{t("import.map.found_out")}</option>
          {DATES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
        <Select form={form} name="decimal" label={t("import.map.decimal")} hint={said("decimal")}>
          <option value="">{t("import.map.found_out")}</option>
          <option value="point">{t("import.map.point")}</option>
          <option value="comma">{t("import.map.comma")}</option>
        </Select>
        <Select form={form} name="encoding" label={t("import.map.encoding")} hint={said("encoding")}>
          <option value="">{t("import.map.found_out")}</option>
          {ENCODINGS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
        <Field
          form={form}
          name="statement"
          label={t("import.map.statement")}
          hint={said("statement")}
          maxLength={60}
        />
        <Field
          form={form}
          name="opening_minor"
          label={t("import.map.opening", { currency: one.currency })}
          hint={t("import.map.opening_hint")}
          inputMode="decimal"
          maxLength={24}
        />
        <div class="actions">
          <Submit busy={form.busy.value}>{t("import.map.read")}</Submit>
        </div>
      </form>
    </Card>
  );
}

/** Whole minor units, of which the API takes a number here; empty is nothing, and what is no amount null. */
function openingOf(text: string, currency: string): number | null {
  const plain = text.trim();
  if (!plain) return 0;
  const isBelow = /^[-−]/.test(plain);
  const amount = typedLimit(plain.replace(/^[-−]/, ""), currency);
  const units = amount === null ? NaN : Number(minor({ amount, currency }));
  if (!Number.isSafeInteger(units)) return null;
  return isBelow ? -units : units;
}

/** What the bank could not find out, beside the field that would tell it. */
function Said({ text }: { text: string }): VNode {
  return (
    <span class="field-error" dir="auto">
      {text}
    </span>
  );
}

function Sample({ rows }: { rows: string[][] }): VNode {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t("import.map.sample")}>
      <table class="data">
        <caption class="hidden">{t("import.map.sample")}</caption>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>
                  <bdi>{cell}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
