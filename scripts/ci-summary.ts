import { readFileSync } from "node:fs";

/**
 * The last lines of `.ci/run`: what was skipped, then `N passed, N failed`. A step that failed before the tests, or a run of
 * the tests that ended badly without a failed test, counts as one failure each.
 */
interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const [file = "", failedSteps = "0", testsExit = "1"] = process.argv.slice(2);

function read(): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (error) {
    process.stdout.write(
      `the report of the tests cannot be read: ${error instanceof Error ? error.message : "unknown"}\n`,
    );
    return { testResults: [] };
  }
}

const { testResults } = read();
const results = testResults.flatMap((result) => result.assertionResults);
const count = (status: string): number => results.filter((result) => result.status === status).length;
const skipped = results.filter(({ status }) => status !== "passed" && status !== "failed");
process.stdout.write(skipped.length === 0 ? "nothing was skipped\n" : "");
for (const { fullName } of skipped) process.stdout.write(`skipped: ${fullName}\n`);
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
const inTests = count("failed") + brokenFiles.length;
const failed = Number(failedSteps) + (inTests === 0 && testsExit !== "0" ? 1 : inTests);
process.stdout.write(`${count("passed")} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
