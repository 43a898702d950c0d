import { PermanentError, TransientError } from '../domain/errors.ts';
import type { Observation } from '../domain/job.ts';
import type { PollError } from '../domain/poll.ts';
import { cutText } from '../text/inert.ts';
import type { TextRoom } from './text-room.ts';

/** What the poll gives, or the typed error that it throws. */
export async function toPollResult(
  poll: Promise<Observation>,
  signal: AbortSignal,
  room: TextRoom,
): Promise<{ observation: Observation; error?: undefined } | { error: PollError }> {
  try {
    const observation = await poll;
    signal.throwIfAborted();
    return { observation: cutObservation(observation, room) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TransientError || error instanceof PermanentError) {
      return { error: cutError(error, room) };
    }
    const text = `the response could not be understood: ${cutText(String(error))}`;
    return { error: cutError(new PermanentError(text, 'bad-response'), room) };
  }
}

/**
 * An error is kept for each job until the next poll. The frames of its stack, and its cause, would keep all that
 * their functions see: the whole response.
 */
function cutError<E extends PollError>(error: E, room: TextRoom): E {
  error.message = room.cut(error.message);
  error.stack = '';
  error.cause = undefined;
  if (error instanceof TransientError && error.hint !== undefined) {
    error.hint = room.cut(error.hint);
  }
  return error;
}

/** Texts of an observation are kept for each job until the end. */
function cutObservation(observation: Observation, room: TextRoom): Observation {
  const { providerStatus, unknownStatuses, filePath, message, warning, note } = observation;
  room.keep([filePath ?? '', ...(observation.filePaths ?? [])]);
  return {
    ...observation,
    providerStatus: room.cut(providerStatus),
    ...(unknownStatuses && { unknownStatuses: unknownStatuses.map((one) => room.cut(one)) }),
    ...(filePath !== undefined && { filePath: cutText(filePath) }),
    ...(message !== undefined && { message: room.cut(message) }),
    ...(warning !== undefined && { warning: room.cut(warning) }),
    ...(note !== undefined && { note: room.cut(note) }),
  };
}
