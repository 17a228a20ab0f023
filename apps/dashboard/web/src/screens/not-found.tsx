/** An address that nobody has. */

import { Compass } from "lucide-preact";
import type { VNode } from "preact";

import { t } from "../lib/i18n";

export default function NotFound(): VNode {
  return (
    <div class="screen">
      <div class="card empty">
        <Compass aria-hidden="true" />
        <h1>{t("lost.title")}</h1>
        <p>{t("lost.why")}</p>
        <a class="button" href="/">
          {t("lost.home")}
        </a>
      </div>
    </div>
  );
}
