/** All that @actions/core takes from @actions/exec, for `platform.getDetails` alone. */
export function getExecOutput() {
  throw new Error(
    'this bundle starts no process: do without platform.getDetails, or take the stub out of tsconfig.json',
  );
}
