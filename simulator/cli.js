import { providers } from './providers.js';
import { startSimulator } from './simulator.js';

const { PORT = '8080', TOKEN = 'simulator-token' } = process.env;

const { url } = await startSimulator({ port: Number(PORT), token: TOKEN });
const names = Object.keys(providers);
console.log(`${names.length} providers respond on ${url}. Another port: PORT=9090 npm run simulator

Create a job that is RUNNING for 5 seconds and then COMPLETE:

  curl ${url}/_simulator/jobs --data '{"provider": "unicommerce", "id": "job-1", "steps": [
    {"status": "RUNNING", "forMs": 5000},
    {"status": "COMPLETE", "filePath": "https://reports.example/a.csv"}]}'

Poll it as the step does:

  curl ${url}/services/rest/v1/export/job/status --data '{"jobCode": "job-1"}' \\
    --header 'Authorization: bearer ${TOKEN}'

The providers are ${names.join(', ')}; simulator/simulator.js lists what a script may say.
Ctrl+C ends the simulator.`);
