/** The step of the action, as GitHub would run it, with a fleetlab that writes down how it was called. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const ACTION = resolve(import.meta.dirname, '..', '..', 'action')

interface Action {
  readonly inputs: { readonly [name: string]: { readonly default: string } }
  readonly outputs: { readonly [name: string]: { readonly value: string } }
  readonly runs: {
    readonly steps: readonly [
      { readonly id: string; readonly run: string; readonly env: { readonly [name: string]: string } },
    ]
  }
}
const action = parse(readFileSync(join(ACTION, 'action.yml'), 'utf8')) as Action
const [step] = action.runs.steps

const FAKE = `
import { writeFileSync } from 'node:fs'
const words = process.argv.slice(2)
writeFileSync(process.env.CALLED, JSON.stringify(words))
const code = Number(process.env.ENDS_WITH)
if (code < 2) writeFileSync(words[words.indexOf('--report') + 1], '# page')
process.exit(code)
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-action-'))
  const place = join(folder, 'node_modules', 'fleetlab', 'dist', 'cli')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(folder, 'node_modules', 'fleetlab', 'package.json'), '{"type": "module"}')
  writeFileSync(join(place, 'fleetlab.js'), FAKE)
  writeFileSync(join(folder, 'output'), '')
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Step {
  readonly code: number | null
  readonly err: string
  readonly called: readonly string[]
  readonly outputs: { readonly [name: string]: string }
}

/** Inputs that are not given have their defaults, as on GitHub. */
function runStep(given: { readonly [name: string]: string }, endsWith = 0): Step {
  const value = (expression: string): string => {
    const name = /inputs\.([\w-]+)/.exec(expression)?.[1]
    return name === undefined ? ACTION : (given[name] ?? action.inputs[name]!.default)
  }
  const inputs = Object.fromEntries(Object.entries(step.env).map(([name, expression]) => [name, value(expression)]))
  const env = {
    ...process.env,
    ...inputs,
    GITHUB_OUTPUT: join(folder, 'output'),
    RUNNER_TEMP: folder,
    CALLED: join(folder, 'called'),
    ENDS_WITH: String(endsWith),
  }
  writeFileSync(join(folder, 'called'), '[]')
  const { status, stderr } = spawnSync('bash', ['-c', step.run], { cwd: folder, env, encoding: 'utf8' })
  const written = readFileSync(join(folder, 'output'), 'utf8')
  return {
    code: status,
    err: stderr,
    called: JSON.parse(readFileSync(join(folder, 'called'), 'utf8')) as string[],
    outputs: Object.fromEntries(
      Array.from(written.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2\n/gm), ([, name, , text]) => [name!, text!]),
    ),
  }
}

describe('the action', () => {
  it('checks the repository with the fleetlab that it has installed, and says that it passed', () => {
    const { code, called, outputs } = runStep({})
    expect(code).toBe(0)
    expect(called).toEqual(['check', '--report', outputs['report'], '--', '.'])
    expect(outputs).toMatchObject({ passed: 'true', 'exit-code': '0' })
    expect(readFileSync(outputs['report']!, 'utf8')).toBe('# page')
  })

  it('gives on paths a line each and words as a shell would, and neither to a shell', () => {
    const { called } = runStep({
      path: 'fleet\n  our macs \n--help\n$(touch x)\n',
      args: `--strict --filter 'a b*' --set "name=x;y"`,
      report: 'docs/fleet.md',
    })
    expect(called).toEqual([
      'check',
      '--strict',
      '--filter',
      'a b*',
      '--set',
      'name=x;y',
      '--report',
      'docs/fleet.md',
      '--',
      'fleet',
      'our macs',
      '--help',
      '$(touch x)',
    ])
  })

  it.each([
    ['failed', 1, 1],
    ['failed', 2, 2],
    ['failed', 5, 5],
    ['broken', 1, 0],
    ['broken', 5, 0],
    ['broken', 2, 2],
    ['broken', 3, 3],
    ['broken', 4, 4],
    ['never', 3, 0],
  ])('with fail-on: %s, a check that ends with %d ends the step with %d', (failOn, endsWith, code) => {
    const ended = runStep({ 'fail-on': failOn }, endsWith)
    expect(ended.code).toBe(code)
    expect(ended.outputs).toMatchObject({ passed: 'false', 'exit-code': String(endsWith) })
    expect(ended.outputs['report'] === '').toBe(endsWith >= 2)
  })

  it.each([
    [{ 'fail-on': 'always' }, 'fail-on: always is not one of failed, broken, never'],
    [{ path: ' \n' }, 'path: names nothing to check'],
    [{ args: "--filter 'a" }, "args: a ' is never closed"],
    [{ version: 'nowhere.tgz' }, 'did not work'],
  ])('refuses %j before anything runs', (given, message) => {
    const { code, err, called } = runStep(given)
    expect(code).toBe(2)
    expect(err).toContain(`::error title=fleetlab action::`)
    expect(err).toContain(message)
    expect(called).toEqual([])
  })

  it('declares outputs that its step writes', () => {
    const { outputs } = runStep({})
    for (const [name, { value }] of Object.entries(action.outputs)) {
      expect(value).toBe(`\${{ steps.${step.id}.outputs.${name} }}`)
      expect(Object.keys(outputs)).toContain(name)
    }
  })
})
