/** `check` from file to verdict: what is refused before it runs, and in which order things are said. */
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../sim/base/result.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { scenarioPaths } from '../../../sim/cli/files/scenario-paths.ts'
import type { CheckedFile, CheckResult } from '../../../sim/lab/check/check-result.ts'
import { runCheck } from '../../../sim/lab/check/check.ts'
import { serialRunner } from '../../../sim/lab/runs/serial-runner.ts'
import { formatCheckedFile } from '../../../sim/report/text/check/check-text.ts'
import { formatJunit } from '../../../sim/report/files/junit.ts'

const CASES = resolve(import.meta.dirname, '../cases')

async function checked(scenarios: readonly string[], onFile?: (file: CheckedFile) => void): Promise<CheckResult> {
  let now = 0
  return runCheck(
    { scenarios: scenarios.map((name) => join(CASES, name)), settings: [], verify: true },
    { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
    {
      signal: new AbortController().signal,
      onProgress: () => {},
      clock: () => (now += 500),
      ...(onFile === undefined ? {} : { onFile }),
    },
  )
}

const wrong = (result: CheckResult): readonly string[] =>
  result.files.flatMap((file) => file.problems.map((problem) => formatProblem(problem).replace(`${CASES}/`, '')))

describe('check', () => {
  it('refuses a folder’s scenario with a misspelt `expect:`', async () => {
    const { found } = await scenarioPaths([join(CASES, 'folder')])
    const result = await checked(found.map((path) => path.slice(CASES.length + 1)))
    expect(result.files.map(({ verdict }) => verdict)).toEqual(['passed', 'error'])
    expect(wrong(result)).toEqual(['folder/misspelt.yaml:13:1 expects is not a known key; did you mean `expect`?'])
  })

  it('refuses a misspelt serial in `where` before anything runs', async () => {
    const result = await checked(['typo.yaml'])
    expect(wrong(result)).toEqual([
      'typo.yaml:17:45 expect[1].where.provider `studio-l` is no Mac of the fleet; did you mean `studio-1`?',
    ])
    expect(result.files[0]!.meta).toEqual({})
  })

  it('shows digits enough to tell a value from its bound', async () => {
    const [file] = (await checked(['two-thirds.yaml'])).files
    const text = formatCheckedFile(file!)
    expect(text).toContain('rate_429 under open: 66.667 %, wanted at least 66.67 %')
    expect(text).toContain('goodput under open: 33.33 %, wanted at least 33.334 %')
  })

  it('gives every case of two bounds and of an inherited scenario a name of its own, with file, line and time', async () => {
    const xml = formatJunit(await checked(['band.yaml', 'child.yaml']))
    const cases = [
      ...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)" file="([^"]*)" line="(\d+)" time="([\d.]+)"/g),
    ]
    expect(cases.map((found) => found.slice(2).map((text) => text.replace(`${CASES}/`, '')))).toEqual([
      ['requests.served under open, at least 1', 'band.yaml', '14', '0.250'],
      ['requests.served under open, at least 2', 'band.yaml', '15', '0.250'],
      ['requests.served under open, at least 1', 'child.yaml', '4', '0.500'],
    ])
    expect(new Set(cases.map(([, classname, name]) => `${classname} ${name}`)).size).toBe(3)
  })

  it('says each file as soon as it and those before it are judged, in their order', async () => {
    const said: string[] = []
    const names = ['typo.yaml', 'child.yaml', 'nowhere.yaml', 'band.yaml']
    const result = await checked(names, ({ file, verdict }) => said.push(`${file.slice(CASES.length + 1)} ${verdict}`))
    expect(said).toEqual(['typo.yaml error', 'child.yaml passed', 'nowhere.yaml error', 'band.yaml failed'])
    expect(result.files.map(({ file }) => file.slice(CASES.length + 1))).toEqual(names)
    expect(result.passed).toBe(false)
  })

  it('says them in their order although the runs end in another', async () => {
    const said: string[] = []
    const serial = serialRunner(nodeFiles, async () => {})
    await runCheck(
      { scenarios: [join(CASES, 'band.yaml'), join(CASES, 'child.yaml')], settings: [], verify: false },
      {
        runner: {
          async run(jobs, onResult, onProgress, signal) {
            const backwards = jobs.toReversed()
            await serial.run(backwards, (i, outcome) => onResult(jobs.length - 1 - i, outcome), onProgress, signal)
          },
        },
        files: nodeFiles,
        resolvePolicy,
      },
      {
        signal: new AbortController().signal,
        onProgress: () => {},
        onFile: ({ file }) => said.push(file.slice(CASES.length + 1)),
      },
    )
    expect(said).toEqual(['band.yaml', 'child.yaml'])
  })
})
