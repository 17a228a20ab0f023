/** Names for payments, as the bank takes them; which are free, the bank knows. */

const FORM = /^@?[a-z](?:[._]?[a-z0-9])+$/i;
const [SHORTEST, LONGEST] = [3, 24];

export function isName(text: string): boolean {
  const { length } = text.replace(/^@/, "");
  return FORM.test(text) && length >= SHORTEST && length <= LONGEST;
}

/** Whether somebody who was asked for an account number means a name: that has no two digits third and fourth. */
export const meansName = (text: string): boolean =>
  text.startsWith("@") || (isName(text) && !/^[a-z]{2}\d\d/i.test(text));
