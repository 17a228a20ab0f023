/** Passkeys: the browser's own API, with the JSON that ours speaks. */

import { Refusal } from "./errors";

type Options = PublicKeyCredentialRequestOptionsJSON;
type Creation = PublicKeyCredentialCreationOptionsJSON;
type Json = Record<string, unknown>;

export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential !== "undefined" &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";

export async function canFillIn(): Promise<boolean> {
  if (!hasPasskeys()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/** Ask for a passkey; a Refusal where there is none or somebody closed the browser's question. */
export async function passkeyAnswer(options: unknown, more: CredentialRequestOptions = {}): Promise<Json> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as Options);
  return json(await asked(() => navigator.credentials.get({ ...more, publicKey })));
}

export async function newPasskey(options: unknown): Promise<Json> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as Creation);
  return json(await asked(() => navigator.credentials.create({ publicKey })));
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await ask();
    if (credential) return credential as PublicKeyCredential;
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "AbortError") throw error;
    if (name === "InvalidStateError") throw new Refusal({ code: "passkey_known_here" });
  }
  throw new Refusal({ code: "passkey_not_used" });
}

const json = (credential: PublicKeyCredential): Json => credential.toJSON() as unknown as Json;
