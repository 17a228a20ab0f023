/** Going to another provider of identities and coming back: what was meant is kept by the tab. */

import { api, get } from "./api";

const NAME = "vortex.external";

/** Leave for a provider, to sign in there or to link it to oneself. */
export async function leaveFor(purpose: "start" | "link", provider: string): Promise<void> {
  const params = { path: { provider } };
  const { authorization_url } = await get(
    purpose === "start"
      ? api.POST("/api/auth/external/{provider}/start", { params })
      : api.POST("/api/auth/external/{provider}/link", { params }),
  );
  sessionStorage.setItem(NAME, purpose);
  location.assign(authorization_url);
}

/** What somebody had left for; once. */
export function meant(): "start" | "link" {
  const purpose = sessionStorage.getItem(NAME) === "link" ? "link" : "start";
  sessionStorage.removeItem(NAME);
  return purpose;
}
