/** Sending a file and saying how far it has come, which fetch cannot. */

import { Refusal } from "./errors";
import { bearer, over, refresh } from "./session";

const TIMEOUT_MS = 120_000;

type Came = { status: number; body: unknown; requestId: string };

function send(path: string, form: FormData, token: string, progress: (share: number) => void): Promise<Came> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.timeout = TIMEOUT_MS;
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () =>
      resolve({
        status: request.status,
        body: request.response as unknown,
        requestId: request.getResponseHeader("X-Request-Id") ?? "",
      });
    request.onerror = () => reject(new Refusal({ code: "offline" }));
    request.ontimeout = () => reject(new Refusal({ code: "timeout" }));
    request.send(form);
  });
}

/** The answer to a file that was sent; a Refusal is thrown, whatever went wrong. */
export async function upload<T>(path: string, form: FormData, progress: (share: number) => void): Promise<T> {
  let came = await send(path, form, await bearer(), progress);
  if (came.status === 401) {
    if (await refresh()) came = await send(path, form, await bearer(), progress);
    else over("ended");
  }
  if (came.status >= 200 && came.status < 300) return came.body as T;
  const said = came.body;
  const problem =
    said && typeof said === "object" && "code" in said
      ? (said as { code: string })
      : { code: came.status >= 500 ? "unavailable" : "unknown" };
  throw new Refusal(problem, came.requestId, came.status);
}
