// With COVERAGE=true the run says which parts of src the tests do not reach, and fails where these are too many.
const coverage = {
  collectCoverage: true,
  collectCoverageFrom: ['src/**/*.ts'],
  coverageReporters: ['none'],
  reporters: ['default', '<rootDir>/scripts/coverage/reporter.js'],
};

// No provider means this zone: a time that is read as local time fails a test wherever the tests run.
process.env.TZ = 'Asia/Kathmandu';

export default {
  testEnvironment: 'node',
  testTimeout: 60000,
  maxWorkers: 3,
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      'ts-jest',
      {
        useESM: true,
        tsconfig: '__tests__/tsconfig.json',
      },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  ...(process.env.COVERAGE === 'true' && coverage),
};
