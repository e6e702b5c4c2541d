// Talks JSON with the sandbox's own server; nothing else is ever asked.

class Refused extends Error {
  constructor(status, error) {
    super(error || `http_${status}`);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const init = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const reply = await fetch(path, init);
  const data = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(reply.status, data.error);
  return data;
}

const query = (params) =>
  new URLSearchParams(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));

export const read = (path, params = {}) => ask("GET", `page/${path}?${query(params)}`);
export const send = (path, body) => ask("POST", `page/${path}`, body);
export const remove = (path) => ask("DELETE", `page/${path}`);
export const streamAddress = (as) => `page/stream?${query({ as })}`;
