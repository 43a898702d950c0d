import aws4 from 'aws4';
import type { Clock } from '../domain/clock.ts';
import type { HttpRequest, Transport } from '../http/transport.ts';
import type { AwsSigning } from '../providers/aws-signing.ts';

/** A transport that signs each request just before it is sent: a signature is valid for five minutes. */
export function withAwsSignature(
  transport: Transport,
  signing: AwsSigning | undefined,
  clock: Pick<Clock, 'now'>,
): Transport {
  if (signing === undefined) return transport;
  return {
    send: async (request, timeoutMs, signal) =>
      transport.send(signRequest(request, signing, clock.now()), timeoutMs, signal),
    stream: async (request, silenceMs, signal) =>
      transport.stream(signRequest(request, signing, clock.now()), silenceMs, signal),
  };
}

/** The parameter that carries the signature of a link. */
const SIGNATURE = /^(x-amz-)?signature$/i;

/**
 * The request with the headers of Signature Version 4, over its method, URL, headers and body. A link that
 * carries a signature of its own is left as it is: AWS refuses two of them.
 */
export function signRequest(
  request: HttpRequest,
  { region, service, credentials }: AwsSigning,
  nowMs: number,
): HttpRequest {
  const { method, headers, body } = request;
  const isSigned = [...request.url.searchParams.keys()].some((name) => SIGNATURE.test(name));
  if (isSigned) return request;
  const url = withoutBareSigns(request.url);
  const signed = aws4.sign(
    {
      service,
      region,
      method,
      host: url.host,
      path: url.pathname + url.search,
      headers: { ...headers, 'X-Amz-Date': toAmzDate(nowMs) },
      ...(body !== undefined && { body }),
    },
    credentials,
  );
  return { ...request, url, headers: signed.headers as Record<string, string> };
}

/** Encodes what a URL may hold as it is, such as `[` and `|`, but which the library would encode in its own way. */
function withoutBareSigns({ origin, pathname, search }: URL): URL {
  const path = (pathname + search).replace(/[^\w;,/?:@&=+$.!~*'()%-]/g, encodeURIComponent);
  return new URL(origin + path);
}

/** A time as `20260102T030405Z`. */
const toAmzDate = (ms: number): string => new Date(ms).toISOString().replace(/[:-]|\.\d+/g, '');
