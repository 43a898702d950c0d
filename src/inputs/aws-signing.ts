import type { AwsSigning } from '../providers/aws-signing.ts';
import { PROVIDERS } from '../providers/index.ts';
import type { ProviderDefinition } from '../providers/provider.ts';
import { quoted } from './parse.ts';
import type { InputReader } from './reader.ts';
import { isSecret } from './register-secrets.ts';

/** Inputs that would put other credentials into a request that is signed. */
const OTHER_CREDENTIALS = [
  ...['token', 'username', 'password', 'client-id', 'client-secret', 'token-url'],
  ...['private-key', 'oidc-audience'],
];

/** Headers that a signature sets. */
const SIGNATURE_HEADER = /^[ \t]*(authorization|x-amz-date|x-amz-security-token)[ \t]*:/im;

/** What signs the requests to AWS, with the credentials of the environment; undefined where none is. */
export function readAwsSigning(
  { get, read, problems }: InputReader,
  provider: ProviderDefinition | undefined,
  environment: NodeJS.ProcessEnv,
): AwsSigning | undefined {
  const [region, service] = [
    read('aws-region', parseScope, ''),
    read('aws-service', parseScope, ''),
  ];
  if (get('aws-region') === '' && get('aws-service') === '') return undefined;
  if (get('aws-region') === '' || get('aws-service') === '') {
    problems.push('`aws-region` and `aws-service` go together; give both or neither');
  }
  if (provider !== undefined && provider !== PROVIDERS.http) {
    problems.push(
      '`aws-region` is for `provider` http alone; leave it out, or describe the API there',
    );
  }
  for (const name of OTHER_CREDENTIALS.filter((one) => get(one) !== '')) {
    problems.push(
      `\`aws-region\` and \`${name}\` are two ways to show credentials; give one of them`,
    );
  }
  for (const name of ['headers', 'report-headers']) {
    const header = SIGNATURE_HEADER.exec(get(name))?.[1];
    if (header === undefined) continue;
    problems.push(
      `\`aws-region\` signs each request, which sets ${header}; leave it out of \`${name}\``,
    );
  }
  const credentials = awsCredentials(environment);
  const missing = findMissing(credentials);
  if (missing.length > 0) {
    problems.push(
      `\`aws-region\` needs credentials in the environment, and there is no usable ${missing.join(' and ')}; run aws-actions/configure-aws-credentials in a step before this one`,
    );
  }
  return { region, service, credentials };
}

/** What aws-actions/configure-aws-credentials leaves in the environment. */
const awsCredentials = (environment: NodeJS.ProcessEnv): AwsSigning['credentials'] => ({
  accessKeyId: environment.AWS_ACCESS_KEY_ID?.trim() ?? '',
  secretAccessKey: environment.AWS_SECRET_ACCESS_KEY?.trim() ?? '',
  sessionToken: environment.AWS_SESSION_TOKEN?.trim() ?? '',
});

function findMissing(credentials: AwsSigning['credentials']): string[] {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return [
    isKey(accessKeyId) ? '' : 'AWS_ACCESS_KEY_ID',
    isKey(secretAccessKey) ? '' : 'AWS_SECRET_ACCESS_KEY',
    sessionToken === '' || isKey(sessionToken) ? '' : 'AWS_SESSION_TOKEN',
  ].filter(Boolean);
}

/** Whether a text can be a key, and can stand in a header. */
const isKey = (text: string): boolean => isSecret(text) && /^[\x21-\x7E]+$/.test(text);

/** The name of a region or a service, as it stands in a signature. */
function parseScope(text: string): string {
  if (/^[a-z0-9-]*$/i.test(text)) return text;
  throw new Error(`${quoted(text)} is no name at AWS; write it like eu-west-1 or codebuild`);
}
