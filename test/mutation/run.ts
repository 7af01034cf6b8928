/**
 * Does every number of the coordinator matter to the conformance tests? Changes one at a time, runs the tests, and
 * reports the numbers whose change nobody noticed; exits 1 when there are any. Minutes long, so not part of `npm test`.
 *
 *   npm run study:mutation -- --only 'cost.ts|rates.ts'   only constants whose name matches
 *   npm run study:mutation -- --list                      names them, runs nothing
 *   npm run study:mutation -- --jobs 4                    so many runs at once, 2 unless said
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { allMutants, type Mutant } from './constants.ts'
import { DECIDES_NOTHING } from './decides-nothing.ts'

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
  },
})

const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/mutation/vitest.config.ts']

interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

const withStep = ({ constant, step }: Mutant): string => `${constant} ${step}`
const isExcused = (mutant: Mutant): boolean =>
  DECIDES_NOTHING[mutant.constant] !== undefined || DECIDES_NOTHING[withStep(mutant)] !== undefined

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** The test that noticed, or undefined when all passed. */
async function noticedBy(mutant: Mutant | undefined): Promise<string | undefined> {
  const env = mutant === undefined ? process.env : { ...process.env, MUTANT: JSON.stringify(mutant) }
  const child = spawn(process.execPath, [...VITEST, '--reporter=json', '--bail=1'], { env })
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const code = await new Promise<number | null>((ended) => child.on('close', ended))
  if (code === 0) return undefined
  const json = out.slice(out.indexOf('{'))
  if (!json.startsWith('{')) throw new Error(`vitest failed: ${errors}${out}`)
  if (`${errors}${json}`.includes('has changed meanwhile')) throw new Error('a source file has changed during the run')
  const report = JSON.parse(json) as Report
  const failed = report.testResults.flatMap((file) => file.assertionResults).find((test) => test.status === 'failed')
  return failed?.title ?? `loading: ${report.testResults.map((file) => file.message).join(' ')}`
}

async function main(): Promise<void> {
  const only = new RegExp(values.only)
  const all = allMutants()
  const known = new Set(all.flatMap((mutant) => [mutant.constant, withStep(mutant)]))
  const unknown = Object.keys(DECIDES_NOTHING).filter((constant) => !known.has(constant))
  if (unknown.length > 0) throw new Error(`decides-nothing.ts excuses what is not there: ${unknown.join(', ')}`)
  const mutants = all.filter((mutant) => only.test(mutant.constant) && !isExcused(mutant))
  if (values.list) {
    for (const { constant, from, to } of mutants) say(`${constant}: ${from} → ${to}`)
    return
  }
  const red = await noticedBy(undefined)
  if (red !== undefined) throw new Error(`the tests fail without any change: ${red}`)
  const survivors: Mutant[] = []
  const waiting = [...mutants]
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const noticed = await noticedBy(mutant)
      if (noticed === undefined) survivors.push(mutant)
      const result = noticed === undefined ? 'SURVIVED' : `killed by ${noticed.slice(0, 60)}`
      say(`${mutant.constant}: ${mutant.from} → ${mutant.to}  ${result}`)
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  const excused = all.filter(isExcused).length
  say(
    `\n${mutants.length - survivors.length} of ${mutants.length} changes noticed, ${excused} excused as deciding nothing`,
  )
  for (const { constant, from, to } of survivors) say(`survived: ${constant}: ${from} → ${to}`)
  if (survivors.length > 0) process.exitCode = 1
}

await main()
