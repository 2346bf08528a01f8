// Mocha's spec reporter that also leaves its counts, and the titles of what failed, in the file that MONITORING_TEST_COUNTS names.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = [];
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) => failures.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      const file = process.env.MONITORING_TEST_COUNTS;
      if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures }));
    });
  }
}

module.exports = CountingReporter;
