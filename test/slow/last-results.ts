/** Writes what the slow tier said last into docs/slow-tier.md; only when all of it ran. */
import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'
import { slowTierPage } from './page.ts'

const PAGE = 'docs/slow-tier.md'

export default class LastResults implements Reporter {
  constructor(private readonly files: number) {}

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const results = modules.map((module) => {
      const tests = [...module.children.allTests()]
      const named = (state: string): readonly string[] =>
        tests.filter((test) => test.result().state === state).map((test) => test.fullName)
      return {
        file: module.relativeModuleId,
        passed: named('passed').length,
        failed: [...named('failed'), ...module.errors().map(({ message }) => message)],
        skipped: named('skipped').length + named('pending').length,
        duration_ms: module.diagnostic().duration,
      }
    })
    const isWhole = results.length === this.files && results.every(({ skipped }) => skipped === 0)
    if (!isWhole || errors.length > 0) {
      process.stdout.write(`\nNot all of the slow tier ran: ${PAGE} stays as it is.\n`)
      return
    }
    writeFileSync(PAGE, slowTierPage(results, { date: new Date(), node: process.version }))
  }
}
