/** Categories: everybody's, whose names are ours to translate, and one's own, named by their owner. */

import { useMemo } from "preact/hooks";

import { api, get } from "./api";
import { maybe } from "./i18n";
import { useResource, type Resource } from "./resource";

export type Group = { name: string; categories: { key: string; name: string }[] };
export type Own = { key: string; name: string; parent: string };
type Known = { groups: Group[]; own: Own[] };

export function useCategories(): {
  resource: Resource<Known>;
  nameOf: (key: string) => string;
  parentOf: (key: string) => string;
} {
  const resource = useResource<Known>("categories", async () => {
    const [all, own] = await Promise.all([
      get(api.GET("/api/transactions/categories")),
      get(api.GET("/api/transactions/categories/own")),
    ]);
    return { groups: all.items as Group[], own: own.items as Own[] };
  });
  const known = resource.data.value;
  return useMemo(() => {
    const all = new Map((known?.groups ?? []).flatMap((g) => g.categories).map((c) => [c.key, c.name]));
    const own = new Map((known?.own ?? []).map((c) => [c.key, c]));
    return {
      resource,
      nameOf: (key) => own.get(key)?.name ?? maybe(`category.${key}`) ?? all.get(key) ?? key,
      parentOf: (key) => own.get(key)?.parent ?? key,
    };
  }, [known, resource]);
}
