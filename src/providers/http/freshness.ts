import { isSettled, type Observation } from '../../domain/job.ts';
import { parseTimeMs } from '../../text/time.ts';
import type { HttpSettings } from '../provider.ts';
import { findText, type QueryContext } from './jmespath.ts';

/** An end that was updated before `not-before` belongs to an earlier run of the job. */
export function requireFresh(
  observation: Observation,
  context: QueryContext,
  { notBeforeMs, updatedAtQuery }: HttpSettings,
): Observation {
  if (notBeforeMs === undefined || !isSettled(observation.state)) return observation;
  const text = findText(context, updatedAtQuery);
  const updatedAtMs = parseTimeMs(text);
  if (updatedAtMs === undefined) {
    const warning = `updated-at-query “${updatedAtQuery}” finds no time, so the status may be that of an earlier run: taken as pending`;
    return { ...observation, state: 'pending', warning };
  }
  if (updatedAtMs >= notBeforeMs) return observation;
  return { ...observation, state: 'pending', note: `updated ${text}, before not-before` };
}
