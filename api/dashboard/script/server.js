// Asks the server, each time with a deadline. Knows nothing of views.
import { learn } from "./clock.js";
import { heard, missed } from "./link.js";
import { token, tokenIsWanted, tokenRefused } from "./token.js";

export const BASE = "/dashboard/api";

const READ_SECONDS = 8;
const COMMAND_SECONDS = 20;
const EXPORT_SECONDS = 600;

// The server answered and refused: `message` is its own sentence, `code` its X-Error-Code.
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// Nothing came back in time, or there is no connection. A command may have been carried out all the same.
export class Lost extends Error {}

export const UNCHANGED = Symbol("unchanged");

// Reads; with the `etag` of what is known already it gives UNCHANGED where nothing has changed.
export async function read(path, { etag = null, seconds = READ_SECONDS } = {}) {
  const headers = etag ? { "If-None-Match": etag } : {};
  const answer = await ask(path, { headers, cache: "no-store" }, seconds);
  if (answer.status === 304) return { data: UNCHANGED, etag };
  return { data: await body(answer), etag: answer.headers.get("ETag") };
}

export async function get(path, options) {
  return (await read(path, options)).data;
}

export async function send(method, path, content = {}, seconds = COMMAND_SECONDS) {
  const filled = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  return body(await ask(path, method === "DELETE" ? { method } : { method, ...filled }, seconds));
}

// Whether the server takes this token: resolves, or throws as all others do.
export async function checkToken(text) {
  await body(await ask("/power-mode", { cache: "no-store" }, READ_SECONDS, text));
}

// The whole of a file, for what a plain link cannot ask for.
export async function file(path) {
  const answer = await ask(path, { cache: "no-store" }, EXPORT_SECONDS);
  return answer.ok ? answer.blob() : body(answer);
}

async function ask(path, given, seconds, sent = token()) {
  if (sent === null && tokenIsWanted()) {
    heard(); // it has answered: that it wants a token
    throw new Refused(401, "TOKEN_REQUIRED", "The server asks for a token.");
  }
  const headers = sent === null ? given.headers : { ...given.headers, Authorization: `Bearer ${sent}` };
  let answer;
  try {
    answer = await fetch(BASE + path, { ...given, headers, signal: AbortSignal.timeout(seconds * 1000) });
  } catch (error) {
    const silent = error.name === "TimeoutError";
    if (!silent) missed();
    throw new Lost(
      silent ? `The server gave no answer within ${seconds} s.` : "The server cannot be reached.",
    );
  }
  learn(answer.headers.get("Date"));
  heard();
  if (answer.status === 401) tokenRefused(sent);
  return answer;
}

async function body(answer) {
  let content;
  try {
    content = await answer.json();
  } catch {
    throw new Lost("The server's answer broke off.");
  }
  if (!answer.ok) {
    throw new Refused(
      answer.status,
      answer.headers.get("X-Error-Code"),
      content.message ?? answer.statusText,
    );
  }
  return content;
}
