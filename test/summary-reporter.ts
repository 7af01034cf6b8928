/** Ends the run with `N passed, N failed` alone on a line, for tools that read only that. */
import type { Reporter, TestModule } from 'vitest/node'

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1
      for (const test of module.children.allTests()) {
        const state = test.result().state
        if (state === 'passed') passed += 1
        if (state === 'failed') failed += 1
      }
    }
    // After the default reporter's own summary.
    setTimeout(() => process.stdout.write(`\n${passed} passed, ${failed} failed\n`), 0)
  }
}
