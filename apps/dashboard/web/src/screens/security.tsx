/** Security: how one signs in, where one is signed in, and what happened. */

import type { VNode } from "preact";

import { t } from "../lib/i18n";
import { Factors } from "./security/factors";
import { Identities } from "./security/identities";
import { Looking } from "./security/looking";
import { Passkeys } from "./security/passkeys";
import { Phone } from "./security/phone";
import { ApiKeys, Apps } from "./security/programs";
import { Sessions, SignIns, TrustedBrowsers } from "./security/sessions";

export default function Security(): VNode {
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{t("place.security")}</h1>
      </div>
      <div class="columns">
        <div class="column">
          <Looking />
          <Passkeys />
          <Factors />
          <Phone />
          <Identities />
          <SignIns />
        </div>
        <div class="column">
          <Sessions />
          <TrustedBrowsers />
          <Apps />
          <ApiKeys />
        </div>
      </div>
    </div>
  );
}
