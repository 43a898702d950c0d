/** Most lines about jobs that go well, where there are several: of thousands nobody reads each. */
const MAX_LINES_OF_JOBS = 500;

/** Writes the first lines about jobs that go well, and counts the others. */
export function createQuietLines(
  isSingle: boolean,
  logForJob: (requestId: string, text: string) => void,
  logWithTime: (text: string) => void,
) {
  let count = 0;
  return {
    logForJob: (requestId: string, text: string) => {
      count += 1;
      if (isSingle || count <= MAX_LINES_OF_JOBS) logForJob(requestId, text);
      if (isSingle || count !== MAX_LINES_OF_JOBS) return;
      logWithTime(
        'from here on only jobs that fail have lines of their own; the others are counted',
      );
    },
    /** Says how many there were beside those. */
    end: () => {
      const left = count - MAX_LINES_OF_JOBS;
      if (isSingle || left <= 0) return;
      logWithTime(`${left} more lines about jobs that went well; the output jobsFile has all jobs`);
    },
  };
}
