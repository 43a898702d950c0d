import { startSimulator } from './simulator.js';

const { PORT = '8080', TOKEN = 'simulator-token' } = process.env;

const { url } = await startSimulator({ port: Number(PORT), token: TOKEN });
console.log(`Five vendors answer on ${url}. Another port: PORT=9090 npm run simulator

Create a job that is RUNNING for 5 seconds and then COMPLETE:

  curl ${url}/_simulator/jobs --data '{"vendor": "unicommerce", "id": "job-1", "steps": [
    {"word": "RUNNING", "forMs": 5000},
    {"word": "COMPLETE", "filePath": "https://reports.example/a.csv"}]}'

Ask for it as the vendor is asked:

  curl ${url}/services/rest/v1/export/job/status --data '{"jobCode": "job-1"}' \\
    --header 'Authorization: bearer ${TOKEN}'

The vendors are safetychain, flolive, os1, sei and unicommerce; simulator/simulator.js lists what a
script may say. Ctrl+C ends the simulator.`);
