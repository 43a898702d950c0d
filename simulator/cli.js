import { runProgram } from './mistake.js';
import { providers } from './providers.js';
import { readToken, startAtPort } from './settings.js';

await runProgram(async () => {
  const token = readToken(process.env.TOKEN);
  const simulator = await startAtPort(process.env.PORT, { usual: 8080, token });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void simulator.close());

  const { url } = simulator;
  const names = Object.keys(providers);
  console.log(`${names.length} providers respond on ${url}. Another port: PORT=9090 npm run simulator

Create a job that is RUNNING for 5 seconds and then COMPLETE:

  curl ${url}/_simulator/jobs --data '{"provider": "unicommerce", "id": "job-1", "steps": [
    {"status": "RUNNING", "forMs": 5000},
    {"status": "COMPLETE", "filePath": "${url}/reports/a.csv"}]}'

Wait for it with the action, in a step that runs on this machine (elsewhere \`uses: ./simulator\` starts these providers):

  with:
    provider: unicommerce
    base-url: ${url}
    request-id: job-1
    token: '${token}'
    download-path: reports/

Or let the step start it: in place of request-id give

    start-url: /services/rest/v1/export/job/create
    start-headers: 'Facility: main'
    start-body: '{"exportJobTypeName": "Sale Orders", "frequency": "ONETIME"}'

Such a job takes two seconds, unless another is planned: POST it to ${url}/_simulator/planned-jobs instead.

Or poll it by hand, as the step does:

  curl ${url}/services/rest/v1/export/job/status --data '{"jobCode": "job-1"}' \\
    --header 'Authorization: bearer ${token}'

Every address under ${url}/reports/ serves a CSV file of three orders, for \`filePath\` to name.
The providers are ${names.join(', ')}; simulator/simulator.js lists what a script may say.
Ctrl+C ends the simulator.`);
});
