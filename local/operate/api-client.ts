/** An API somewhere, and a key for it. */
export interface Api {
  /** Without a trailing slash. */
  readonly url: string;
  readonly key: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Without parameters, e.g. `application/json`. */
  readonly contentType: string;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

const TIMEOUT_MS = 15_000;

/** @throws Error where nothing answers in time */
export async function askApi(
  { url, key }: Api,
  route: `${'GET' | 'POST'} ${string}`,
  {
    body,
    headers = {},
  }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
): Promise<ApiAnswer> {
  const [method, path] = route.split(' ') as [string, string];
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key === '' ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const contentType = (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
  const text = await response.text();
  return { status: response.status, contentType, body: parsed(contentType, text) };
}

function parsed(contentType: string, text: string): unknown {
  if (!/[/+]json$/.test(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the contract check names it
  }
}
