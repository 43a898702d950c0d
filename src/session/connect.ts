import type { Clock } from '../domain/clock.ts';
import { createAddressGuard } from '../http/address-guard.ts';
import { createTransport } from '../http/network-transport.ts';
import type { Exchange } from '../http/transport.ts';
import type { AwsSigning } from '../providers/aws-signing.ts';
import type { LoginMethod } from '../providers/login-method.ts';
import type { ProviderDefinition, ProviderSettings } from '../providers/provider.ts';
import { withAwsSignature } from './aws-signature.ts';
import { withHeaders } from './extra-headers.ts';
import { createLogin } from './logins/create-login.ts';
import { createSession } from './session.ts';
import { createTokens } from './tokens.ts';

type TransportOptions = Parameters<typeof createTransport>[0];

/** What the workflow says about the provider and the way to it. */
export interface ConnectionSettings {
  readonly provider: ProviderDefinition;
  readonly settings: ProviderSettings;
  /** The token that was given; undefined where a login has to get one. */
  readonly token: string | undefined;
  readonly canLogIn: boolean;
  readonly login: LoginMethod | undefined;
  /** What signs each request; undefined where none is to be signed. */
  readonly aws: AwsSigning | undefined;
  readonly secureContexts: {
    readonly provider: TransportOptions['secureContext'];
    readonly others: TransportOptions['secureContext'];
    readonly hasClientCertificate: boolean;
  };
}

/** What connecting takes from outside. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Registers a secret, before anything else is done with it. */
  readonly addSecret: (secret: string) => void;
  /** Asks GitHub for the OIDC token of the workflow. */
  readonly getIdToken: (audience: string) => Promise<string>;
  readonly onExchange: (exchange: Exchange) => void;
  readonly onLogIn: () => void;
}

/** The provider, and the ways to reach it and other hosts. */
export function connect(connection: ConnectionSettings, context: ConnectionContext) {
  const { token, canLogIn, secureContexts, settings, aws } = connection;
  const { clock, onExchange } = context;
  const provider = withHeaders(connection.provider.create(settings), settings.http.headers);
  const logIn = canLogIn ? createLogin(connection.login, provider, context) : undefined;
  const tokens = createTokens({ given: token, logIn, ...context });
  const { provider: secureContext, others, hasClientCertificate } = secureContexts;
  const guard = createAddressGuard(new URL(settings.baseUrl));
  const unsigned = createTransport({ clock, secureContext, hasClientCertificate, onExchange });
  const transports = {
    provider: withAwsSignature(unsigned, aws, clock),
    others: createTransport({ clock, secureContext: others, guard, onExchange }),
  };
  const session = createSession(provider, tokens, transports.provider, clock);
  return { provider, session, transports };
}
