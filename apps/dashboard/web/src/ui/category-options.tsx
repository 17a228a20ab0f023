/**
 * The choice of a category, everybody's by group and one's own. Each says whether it is chosen: the
 * categories may arrive after the select has been given its value.
 */

import type { VNode } from "preact";

import { useCategories } from "../lib/categories";
import { maybe, t } from "../lib/i18n";

export function CategoryOptions({ value }: { value?: string }): VNode {
  const { resource, nameOf } = useCategories();
  const known = resource.data.value;
  if (!known) return <>{value && <option value={value}>{nameOf(value)}</option>}</>;
  const keys = [...known.groups.flatMap((group) => group.categories), ...known.own].map((one) => one.key);
  return (
    <>
      {value && !keys.includes(value) && (
        <option value={value} selected>
          {nameOf(value)}
        </option>
      )}
      {known.groups.map((group) => (
        <optgroup key={group.name} label={maybe(`group.${group.name}`) ?? group.name}>
          {group.categories.map((category) => (
            <option key={category.key} value={category.key} selected={category.key === value}>
              {nameOf(category.key)}
            </option>
          ))}
        </optgroup>
      ))}
      {known.own.length > 0 && (
        <optgroup label={t("category.own")}>
          {known.own.map((category) => (
            <option key={category.key} value={category.key} selected={category.key === value}>
              {category.name}
            </option>
          ))}
        </optgroup>
      )}
    </>
  );
}
