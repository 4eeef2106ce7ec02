import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export interface Answer {
  readonly status: number;
  /** Without parameters; empty: none. */
  readonly contentType: string;
  readonly body: string;
}

interface Media {
  readonly schema: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, Media>> }>
  >;
}

const ID = 'https://foresight.invalid/openapi.json';

/** An OpenAPI document as a judge of requests and answers. */
export class Contract {
  /** By route key: `POST /v1/events`. */
  readonly operations: ReadonlyMap<string, DescribedOperation>;
  readonly #ajv = new Ajv2020.default({ strict: false, strictNumbers: true });

  constructor(document: unknown) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ ...(document as object), $id: ID });
    const { paths } = document as { paths: Record<string, Record<string, DescribedOperation>> };
    this.operations = new Map(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(
          ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
        ),
      ),
    );
  }

  /** What an answer has that the document does not allow; null: nothing. */
  violation(route: string, { status, contentType, body }: Answer): string | null {
    const content = this.operations.get(route)?.responses[status]?.content;
    if (content === undefined) return `${route} may not answer ${status}`;
    if (content[contentType] === undefined) return `${status} may not be ${contentType}`;
    const [method = '', path = ''] = route.split(' ');
    const operation = ['paths', path, method.toLowerCase()];
    const place = [...operation, 'responses', `${status}`, 'content', contentType, 'schema'];
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch (error) {
      return `no JSON: ${(error as Error).message}`;
    }
    return this.mismatch(place, value);
  }

  /**
   * What a value has that a schema of the document does not allow; null: nothing.
   * @param place of the schema in the document
   */
  mismatch(place: readonly string[], value: unknown): string | null {
    const pointer = place.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const validate = this.#ajv.getSchema(`${ID}#/${encodeURI(pointer)}`);
    if (validate === undefined) throw new RangeError(`the document has nothing at ${pointer}`);
    return validate(value) ? null : this.#ajv.errorsText(validate.errors);
  }
}
