/** Most lines about jobs that go well, where there are several: of thousands nobody reads each. */
const MAX_LINES_OF_JOBS = 200;

/** Writes the first lines about jobs that go well, and counts the others, whose text is not made. */
export function createQuietLines(
  isSingle: boolean,
  logForJob: (requestId: string, text: string) => void,
  logWithTime: (text: string) => void,
) {
  let count = 0;
  return {
    logForJob: (requestId: string, describe: () => string) => {
      if (!isSingle) count += 1;
      if (count <= MAX_LINES_OF_JOBS) logForJob(requestId, describe());
      if (count !== MAX_LINES_OF_JOBS) return;
      logWithTime('from here on only jobs that fail have lines of their own');
    },
    /** Says how many lines were left out. */
    end: () => {
      const left = count - MAX_LINES_OF_JOBS;
      if (left > 0) logWithTime(`${left} lines were left out; the output jobsFile has all jobs`);
    },
  };
}
