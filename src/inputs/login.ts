import {
  REQUIRED_INPUT_HINTS,
  type ProviderDefinition,
  type RequiredInput,
} from '../providers/provider.ts';
import type { InputReader } from './reader.ts';

/** Inputs by which a workflow shows that it wants to log in. */
const LOGIN_INPUTS = ['username', 'password', 'client-id', 'client-secret'];

/** Whether the step can log in; notes what is missing for polls and for a login. */
export function readLogin({ get, problems }: InputReader, provider: ProviderDefinition): boolean {
  const missing = (names: readonly RequiredInput[]) => names.filter((name) => get(name) === '');
  const note = (name: RequiredInput) =>
    problems.push(`\`${name}\` is empty; give ${REQUIRED_INPUT_HINTS[name]}`);
  missing(provider.requiredInputs).forEach(note);

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
    const names = provider.loginInputs.map((name) => `\`${name}\``).join(', ');
    const orLogin = canEverLogIn ? `, or ${names} to log in` : '';
    problems.push(`\`token\` is empty; give an access token of ${provider.title}${orLogin}`);
  }
  return canEverLogIn && lacking.length === 0;
}
