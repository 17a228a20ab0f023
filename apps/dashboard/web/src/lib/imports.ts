/** Statements of accounts at other banks, on their way in. */

import { useEffect, useRef } from "preact/hooks";

import { api, get, type Schemas } from "./api";
import { language, t, type Key } from "./i18n";
import { usePages, type Pages } from "./pages";
import { stale, useResource, type Resource } from "./resource";

export type Import = Schemas["Import"];
export type ImportRow = Schemas["ImportRow"];
export type RowStatus = ImportRow["status"];
/** An import and the tag by which a change says which reading of it is meant. */
export type Tagged = { one: Import; etag: string };

const POLL_MS = 1500;
const isAtWork = (state: Import["state"] | undefined): boolean => state === "reading" || state === "publishing";

async function read(id: string): Promise<Tagged> {
  const path = { import_id: id };
  let etag = "";
  const asked = api.GET("/api/transactions/imports/{import_id}", { params: { path } }).then((came) => {
    etag = came.response.headers.get("ETag") ?? "";
    return came;
  });
  return { one: await get(asked), etag };
}

/** One import; while the bank works on it, it is asked again. */
export function useImport(id: string): Resource<Tagged> {
  const found = useResource(`import:${id}`, () => read(id));
  const state = found.data.value?.one.state;
  const at = found.at.value;
  useEffect(() => {
    if (!isAtWork(state)) return;
    const timer = setTimeout(() => void found.reload(), POLL_MS);
    return () => clearTimeout(timer);
  }, [state, at, found.error.value]);
  const former = useRef(state);
  useEffect(() => {
    if (former.current && former.current !== state) {
      stale("imports", `import-rows:${id}`);
      if (state === "published") stale("accounts", "found", "latest", "sums", "history");
    }
    former.current = state;
  }, [state]);
  return found;
}

export function useImports(): Pages<Import> {
  return usePages<Import>("imports", (at) =>
    get(api.GET("/api/transactions/imports", { params: { query: { ...at, limit: 20 } } })),
  );
}

export function useRows(id: string, status: RowStatus | ""): Pages<ImportRow> {
  const path = { import_id: id };
  return usePages<ImportRow>(`import-rows:${id}:${status}`, (at) => {
    const query = { ...at, limit: 50, ...(status ? { status } : {}) };
    return get(api.GET("/api/transactions/imports/{import_id}/rows", { params: { path, query } }));
  });
}

export const STATUSES = ["new", "posted", "duplicate", "invalid", "refused", "excluded"] as const;

/** "12 new, 3 already there, 1 not readable." */
export function summary(rows: Import["rows"]): string {
  const parts = STATUSES.filter((one) => rows[one]).map((one) => t(`import.count.${one}` as Key, { count: rows[one] }));
  if (!parts.length) return t("import.no_lines");
  return new Intl.ListFormat(language.value, { type: "unit" }).format(parts);
}
