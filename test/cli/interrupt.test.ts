/** Ctrl-C and termination while a user's policy never gives the thread back: heard by every command that runs policies. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSlowTier } from '../tier.ts'
import { builtCommand, type BuiltCommand } from './built-command.ts'

const SCENARIO = `
name: endless
duration: 1m
models: [gpt-oss-20b]
fleet:
  - {count: 1, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}
demand:
  - arrivals: {poisson: 1/s}
    mix: {gpt-oss-20b: 100%}
    lengths: {prompt: 500, output: 100}
policies: [./endless.ts, open]
expect:
  - {metric: requests.arrived, at_least: 1}
`
const policy = (atLoad: string, test: string): string => `
import { definePolicy } from 'fleetlab/plug'
${atLoad}
export default definePolicy({
  name: 'endless', about: '', maxModelSlotsDefault: 3, refusesColdBesideBusy: false,
  test: () => { ${test} return { allowed: true, why: 'never' } }, poolKeys: (label: string) => [label],
})
`
/** Loops are counted and end by themselves; an expression that takes longer than the age of the world is not. */
const ENDLESS = `console.log('begun'); /^(a+)+$/.test('a'.repeat(60) + 'b');`

const { FORCE_COLOR: _, ...ENVIRONMENT } = process.env
let folder = ''
let command: BuiltCommand

/** Interrupts as soon as the policy says that it has begun. */
function interrupted(words: readonly string[], signal: NodeJS.Signals) {
  return new Promise<{ code: number | null; out: string; err: string }>((done) => {
    const child = spawn(process.execPath, [command.script, ...words], {
      cwd: folder,
      env: { ...ENVIRONMENT, CI: '1' },
    })
    let out = ''
    let err = ''
    let asked = false
    const listen = (): void => {
      if (asked || !`${out}${err}`.includes('begun')) return
      asked = true
      child.kill(signal)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      listen()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
      listen()
    })
    child.on('close', (code) => done({ code, out, err }))
  })
}

beforeAll(async () => {
  command = await builtCommand('interrupt')
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-interrupt-'))
  writeFileSync(join(folder, 'endless.yaml'), SCENARIO)
  writeFileSync(join(folder, 'endless.ts'), policy('', ENDLESS))
  writeFileSync(join(folder, 'at-load.ts'), policy(ENDLESS, ''))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  command.remove()
})

type Case = readonly [what: string, words: readonly string[], signal: NodeJS.Signals]

const ALWAYS: readonly Case[] = [
  ['run', ['run', 'endless.yaml', '--out', 'out/run', '--candidates'], 'SIGINT'],
  [
    'run whose policy never gets past its own first line',
    ['run', 'endless.yaml', '--policy', './at-load.ts'],
    'SIGINT',
  ],
  ['compare on two threads', ['compare', 'endless.yaml', '--jobs', '2', '--csv', 'out.csv'], 'SIGTERM'],
  ['check on one thread', ['check', 'endless.yaml', '--jobs', '1', '--junit', 'out.xml'], 'SIGINT'],
]
/** Other pairs of the same commands, numbers of threads and signals; each is a process and a bundle. */
const IN_SLOW_TIER: readonly Case[] = [
  ['run with one document for its answer', ['run', 'endless.yaml', '--json'], 'SIGTERM'],
  ['compare on one thread', ['compare', 'endless.yaml', '--jobs', '1', '--out', 'out/compare'], 'SIGINT'],
  ['sweep', ['sweep', 'endless.yaml', '--vary', 'duration=1m,2m', '--csv', 'out.csv', '--jobs', '1'], 'SIGTERM'],
  ['check on two threads', ['check', 'endless.yaml', '--jobs', '2', '--junit', 'out.xml'], 'SIGTERM'],
]

describe('a policy that never returns', () => {
  it.each([...ALWAYS, ...(isSlowTier ? IN_SLOW_TIER : [])])(
    'leaves %s open to interruption: exit code 130, nothing written',
    async (_name, words, signal) => {
      const before = readdirSync(folder)
      const ended = await interrupted(words, signal)
      expect(ended.code).toBe(130)
      expect(ended.err).toContain('interrupted; nothing was written')
      expect(ended.out).toBe('')
      expect(readdirSync(folder)).toEqual(before)
    },
  )
})
