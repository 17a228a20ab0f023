/** What an answer of the API can say instead of yes. */

import type { components } from "../api/schema";
import { maybe, t } from "./i18n";

type Problem = components["schemas"]["Problem"];

/** A refusal (RFC 9457), or that there was no answer (`offline`, `timeout`). */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string;
  readonly retryAfter: number;
  readonly facts: Record<string, unknown>;
  /** What is wrong, by the first name of its place in the body. */
  readonly fields: Record<string, string>;

  constructor(problem: Partial<Problem> & { code: string }, requestId = "", status = 0) {
    const { code, detail = "", errors = [] } = problem;
    super(maybe(`refused.${code}`, textsOf(problem)) ?? (detail || t("refused.unknown")));
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.retryAfter = problem.retry_after ?? 0;
    this.facts = problem as Record<string, unknown>;
    this.fields = {};
    for (const part of errors) {
      const name = part.parameter ?? part.pointer?.split("/")[1] ?? "";
      if (name) this.fields[name] ??= maybe(`invalid.${part.code}`) ?? part.detail;
    }
  }

  /** Nothing came back: the server may or may not have acted. */
  get isSilence(): boolean {
    return this.code === "offline" || this.code === "timeout";
  }
}

function textsOf(problem: object): Record<string, string | number> {
  const plain = Object.entries(problem).filter(
    (entry): entry is [string, string | number] =>
      typeof entry[1] === "string" || typeof entry[1] === "number",
  );
  return Object.fromEntries(plain);
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof DOMException && error.name === "TimeoutError")
    return new Refusal({ code: "timeout" });
  if (error instanceof TypeError) return new Refusal({ code: "offline" });
  console.error(error);
  return new Refusal({ code: "page_failed" });
}
