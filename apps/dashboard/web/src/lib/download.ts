/** Giving somebody a file that the page has fetched with their token. */

export function download(content: unknown, name: string): void {
  const address = URL.createObjectURL(content as Blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
