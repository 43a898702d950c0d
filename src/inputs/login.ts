import type { KeyObject } from 'node:crypto';
import { parsePrivateKey } from '../http/tls.ts';
import { algorithmsOf, type Client, type LoginMethod } from '../providers/login-method.ts';
import {
  REQUIRED_INPUT_HINTS,
  type ProviderDefinition,
  type ProviderSettings,
  type RequiredInput,
} from '../providers/provider.ts';
import { listInputs } from '../text/format.ts';
import { quoted, splitLines } from './parse.ts';
import type { InputReader } from './reader.ts';

/** Inputs by which a workflow shows that it wants to log in. */
const LOGIN_INPUTS = ['username', 'password', 'client-id', 'client-secret'];

/** Whether the step can log in; notes what is missing for polls and for a login. */
export function readLogin(
  { get, problems }: InputReader,
  provider: ProviderDefinition,
  method: LoginMethod | undefined,
): boolean {
  const missing = (names: readonly RequiredInput[]) => names.filter((name) => get(name) === '');
  const note = (name: RequiredInput) =>
    problems.push(`\`${name}\` is empty; give ${REQUIRED_INPUT_HINTS[name]}`);
  missing(provider.requiredInputs).forEach(note);
  if (method !== undefined) return true;

  const canEverLogIn = provider.loginInputs.length > 0;
  const lacking = missing(provider.loginInputs);
  if (provider.allowsAnonymous) {
    const wantsLogin = canEverLogIn && get('token-url') !== '';
    if (wantsLogin) lacking.forEach(note);
    else if (lacking.length < provider.loginInputs.length) note('token-url');
    return wantsLogin && lacking.length === 0;
  }
  if (LOGIN_INPUTS.some((name) => get(name) !== '')) {
    lacking.forEach(note);
  } else if (get('token') === '') {
    const orLogin = canEverLogIn ? `, or ${listInputs(provider.loginInputs)} to log in` : '';
    problems.push(
      `\`token\` is empty; give an access token of ${provider.title}${orLogin} (a secret that is not set is empty too)`,
    );
  }
  return canEverLogIn && lacking.length === 0;
}

/** The login by a signed assertion or by the workflow's OIDC token; undefined where neither is wanted. */
export function readLoginMethod(
  { get, read, problems }: InputReader,
  client: Client & Pick<ProviderSettings, 'tokenUrl' | 'audience' | 'scope'>,
): LoginMethod | undefined {
  const [key, oidcAudience] = [get('private-key'), get('oidc-audience')];
  const { tokenUrl, audience, scope } = client;
  if (key !== '' && oidcAudience !== '') {
    problems.push('`private-key` and `oidc-audience` are two ways to log in; give one of them');
  }
  if (key === '' && get('jwt-claims') !== '') {
    problems.push('`jwt-claims` is not used without `private-key`; give both or neither');
  }
  if (oidcAudience !== '') {
    if (tokenUrl === '' && get('token-url') === '') {
      problems.push(`\`token-url\` is empty; give ${REQUIRED_INPUT_HINTS['token-url']}`);
    }
    return { kind: 'token-exchange', oidcAudience, tokenUrl, audience, scope, client };
  }
  if (key === '') return undefined;
  const privateKey = read('private-key', parseSigningKey, undefined);
  const { alg, kid, ...claims } = read('jwt-claims', parseClaims, {});
  if (privateKey === undefined) return undefined;
  const algorithms = algorithmsOf(privateKey);
  const algorithm = read('jwt-claims', () => chooseAlgorithm(alg, algorithms), '');
  const header = { alg: algorithm, ...(kid !== undefined && { kid }) };
  return { kind: 'signed-assertion', privateKey, header, claims, tokenUrl, scope, client };
}

function parseSigningKey(text: string): KeyObject {
  const key = parsePrivateKey(text);
  if (algorithmsOf(key).length === 0) {
    throw new Error(
      `is a key of type ${key.asymmetricKeyType ?? 'unknown'}, which signs no JWT; give an RSA, EC or Ed25519 key`,
    );
  }
  return key;
}

function chooseAlgorithm(wanted: string | undefined, possible: readonly string[]): string {
  const [usual = ''] = possible;
  if (wanted === undefined || possible.includes(wanted)) return wanted ?? usual;
  throw new Error(
    `asks for alg ${quoted(wanted)}, but the private key signs with ${possible.join(', ')}`,
  );
}

/** Claims that depend on the time, which the step knows and the workflow does not. */
const OWN_CLAIMS = ['iat', 'exp', 'nbf'];

/** Lines `name: value`, the value in quotes or not. */
function parseClaims(text: string): Record<string, string> {
  const claims: Record<string, string> = {};
  for (const [index, line] of splitLines(text).entries()) {
    const [, name, rest = ''] = /^([\w:/.-]*\w):(?:\s+(\S.*))?$/.exec(line) ?? [];
    if (name === undefined) {
      throw new Error(
        `has a line, number ${index + 1}, that is not “name: value”, such as iss: my-app`,
      );
    }
    const value = /^(["'])(.*)\1$/.exec(rest)?.[2] ?? rest;
    if (value === '') throw new Error(`has no value in ${name}; is its secret or variable set?`);
    if (OWN_CLAIMS.includes(name))
      throw new Error(`must not set ${name}, which the step itself does`);
    if (Object.hasOwn(claims, name)) throw new Error(`sets ${name} twice`);
    claims[name] = value;
  }
  return claims;
}
