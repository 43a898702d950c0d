import type { LoginMethod } from '../../providers/login-method.ts';
import type { Provider } from '../../providers/provider.ts';
import { logInByAssertion, type AssertionContext } from './signed-assertion.ts';
import { logInByExchange, type ExchangeContext } from './token-exchange.ts';

/** The login that the workflow has chosen, else the provider's own. */
export function createLogin(
  method: LoginMethod | undefined,
  provider: Provider,
  context: AssertionContext & ExchangeContext,
): Provider['logIn'] {
  switch (method?.kind) {
    case 'signed-assertion':
      return logInByAssertion(method, context);
    case 'token-exchange':
      return logInByExchange(method, context);
    case undefined:
      return provider.logIn;
  }
}
