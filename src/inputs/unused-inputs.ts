import { PROVIDERS } from '../providers/index.ts';
import type { LoginMethod } from '../providers/login-method.ts';
import type { ProviderDefinition } from '../providers/provider.ts';
import type { GetInput } from './reader.ts';

/** Defaults of action.yml, which the runner gives where a workflow says nothing. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'app-name': 'insight',
  'cancel-method': 'POST',
  'client-authentication': 'header',
  method: 'GET',
  'page-parameter': 'page',
  'pending-http-statuses': '202',
  'start-final': 'false',
  'start-method': 'POST',
  'status-query': 'status',
  'token-scheme': 'basic',
};

/** Whether a workflow says something of an input. */
export const isGiven = (get: GetInput, name: string): boolean =>
  !['', DEFAULTS[name]].includes(get(name));

const inputsOf = ({ requiredInputs, loginInputs, optionalInputs = [] }: ProviderDefinition) => [
  ...requiredInputs,
  ...loginInputs,
  ...optionalInputs,
];

/** Inputs that a login by a signed assertion or by OIDC reads, whoever the provider is. */
const LOGIN_METHOD_INPUTS = [
  'token-url',
  'audience',
  'scope',
  'client-id',
  'client-secret',
  'client-authentication',
];

/** Names the inputs that were given and are read for other providers only. */
export function findUnusedInputs(
  get: GetInput,
  provider: ProviderDefinition,
  login: LoginMethod | undefined,
): string[] {
  const read = new Set<string>([...inputsOf(provider), ...(login ? LOGIN_METHOD_INPUTS : [])]);
  const all = new Set<string>(Object.values(PROVIDERS).flatMap(inputsOf));
  return [...all].filter((name) => !read.has(name) && isGiven(get, name));
}
