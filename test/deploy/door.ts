export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** The stack's HTTP API, by the address at which the emulator serves it. */
export function openDoor(endpoint: string, apiId: string) {
  const url = `${endpoint}/_aws/execute-api/${apiId}`;

  async function request(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  return {
    get: (path: string) => request(path, {}),
    post: (path: string, key: string | null, body: object) =>
      request(path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)',
          ...(key === null ? {} : { 'x-api-key': key }),
        },
        body: JSON.stringify(body),
      }),
    preflight: (path: string, origin: string) =>
      request(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-api-key',
        },
      }),
  };
}
