import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type CollectionTag, parse, type ScalarTag } from 'yaml';
import { UnsupportedWiring } from '../shared/errors.ts';

/** `!GetAtt A.Arn` and its like, as the long form that CloudFormation means by it. */
const INTRINSICS = [
  'Ref',
  'GetAtt',
  'Sub',
  'Join',
  'Select',
  'Split',
  'If',
  'Equals',
  'ImportValue',
];
const SHORT_FORMS: (ScalarTag | CollectionTag)[] = INTRINSICS.flatMap((name) => [
  { tag: `!${name}`, resolve: (text: string) => longForm(name, text) },
  {
    tag: `!${name}`,
    collection: 'seq',
    resolve: (seq: { toJSON(): unknown }) => longForm(name, seq.toJSON()),
  } as CollectionTag,
]);

function longForm(name: string, value: unknown): Record<string, unknown> {
  if (name === 'Ref') return { Ref: value };
  const attribute = name === 'GetAtt' && typeof value === 'string' ? value.split('.') : value;
  return { [`Fn::${name}`]: attribute };
}

/**
 * A Serverless configuration with its variables resolved. Only `${sls:stage}`, `${self:…}` and
 * `${file(…)}` are known, to be evaluated the same here and by the framework.
 * @param file path of serverless.yml; files it includes lie in its folder
 * @throws UnsupportedWiring naming the place of what cannot be resolved
 */
export function readServiceFile(file: string, stage: string): unknown {
  const root = dirname(resolve(file));
  const service = parseFile(root, file, 'serverless.yml');
  const resolver = new VariableResolver(root, stage, service);
  return resolver.resolved(service, '');
}

class VariableResolver {
  readonly #root: string;
  readonly #stage: string;
  readonly #service: unknown;
  /** Variables being resolved, outermost first: meeting one again is a circle. */
  readonly #open: string[] = [];

  constructor(root: string, stage: string, service: unknown) {
    this.#root = root;
    this.#stage = stage;
    this.#service = service;
  }

  resolved(value: unknown, place: string): unknown {
    if (typeof value === 'string') return this.#text(value, place);
    if (Array.isArray(value))
      return value.map((item, index) => this.resolved(item, `${place}[${index}]`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        this.resolved(item, place === '' ? key : `${place}.${key}`),
      ]),
    );
  }

  /** Innermost variables first; a text that is one variable becomes its value, of any type. */
  #text(text: string, place: string): unknown {
    const variable = /\$\{(?!AWS::)([a-zA-Z]+(?:\([^${}()]*\))?:[^${}]*|file\([^${}()]*\))\}/;
    let current = text;
    for (;;) {
      const match = variable.exec(current);
      if (match === null) return current;
      const value = this.#variable(match[1] as string, place);
      if (match[0] === current) return value;
      if (typeof value === 'object') {
        throw new UnsupportedWiring(`${place}: ${match[0]} is no text and stands within one`);
      }
      current = current.replace(match[0], () => String(value));
    }
  }

  #variable(variable: string, place: string): unknown {
    if (this.#open.includes(variable)) {
      throw new UnsupportedWiring(`${place}: \${${variable}} refers to itself`);
    }
    this.#open.push(variable);
    const value = this.resolved(this.#looked(variable, place), place);
    this.#open.pop();
    return value;
  }

  #looked(variable: string, place: string): unknown {
    if (variable === 'sls:stage') return this.#stage;
    const self = /^self:([\w.-]+)$/.exec(variable);
    if (self) return this.#at(this.#service, self[1] as string, variable, place);
    const file = /^file\(([^)]+)\)(?::([\w.-]+))?$/.exec(variable);
    if (file) {
      const [, path, address] = file as unknown as [string, string, string | undefined];
      const content = parseFile(this.#root, join(this.#root, path), place);
      return address === undefined ? content : this.#at(content, address, variable, place);
    }
    throw new UnsupportedWiring(
      `${place}: \${${variable}} cannot be resolved here; use \${sls:stage}, \${self:…} or \${file(…)}`,
    );
  }

  /** Each step may itself be a variable, e.g. `${self:custom.limits.rate}` in an included file. */
  #at(from: unknown, address: string, variable: string, place: string): unknown {
    let value = from;
    for (const key of address.split('.')) {
      const folder = typeof value === 'string' ? this.resolved(value, place) : value;
      value = (folder as Record<string, unknown> | null | undefined)?.[key];
    }
    if (value === undefined) {
      throw new UnsupportedWiring(`${place}: \${${variable}} names nothing that exists`);
    }
    return value;
  }
}

function parseFile(root: string, file: string, place: string): unknown {
  const name = relative(root, file);
  if (name.startsWith('..') || !/\.(ya?ml|json)$/.test(name)) {
    throw new UnsupportedWiring(`${place}: ${name} is no YAML or JSON file of this project`);
  }
  try {
    return parse(readFileSync(file, 'utf8'), { customTags: SHORT_FORMS, merge: true });
  } catch (error) {
    throw new UnsupportedWiring(`${place}: cannot read ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
