/** `fleetlab policy new` and `fleetlab policy check`: a policy to start from, and whether one is safe to run. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { checkPolicy } from '../../../evidence/policy/policy-check.ts'
import { policyNames } from '../../../policy/index.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatPolicyCheck } from '../../../report/text/evidence/policy-check-text.ts'
import { makeFolders } from '../../files/atomic.ts'
import { attempt } from '../../files/attempt.ts'
import { EXIT, refuse } from '../../exit.ts'
import { withProgress } from '../../threads/lab-session.ts'
import { examples, jsonOption } from '../../options.ts'
import { packageRoot } from '../../files/package-root.ts'
import { resolvePolicy } from '../../policy-files/policy-source.ts'
import { policyText } from '../../../lab/policy/policy-text.ts'
import { scenarioText, testText } from '../../policy-files/policy-template.ts'
import { parseSeedList } from '../../../scenario/index.ts'
import { type Session, shellWord } from '../../session.ts'
import { readStateFile } from '../../files/state-files.ts'

/** It is a file's name, an arm's, and stands in a program text. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const NAME_MAX = 60

function nameFlag(text: string): string {
  if (!NAME.test(text) || text.length > NAME_MAX)
    throw new InvalidArgumentError(
      `It must be small letters, digits and single hyphens, such as my-policy, not ${JSON.stringify(text)}.`,
    )
  if (policyNames.includes(text))
    throw new InvalidArgumentError(`There is a built-in policy \`${text}\`; take another name.`)
  return text
}

function newCommand({ console }: Session, name: string, { out }: { readonly out?: string }): void {
  const folder = out ?? '.'
  const files = [
    { path: join(folder, `${name}.ts`), content: policyText(name) },
    { path: join(folder, `${name}.yaml`), content: scenarioText(name) },
    { path: join(folder, `${name}.test.mjs`), content: testText(name) },
  ]
  const there = files.filter(({ path }) => existsSync(path))
  if (there.length > 0) {
    const message = 'is there already, and nothing is overwritten; take another name or folder'
    refuse(there.map(({ path }) => ({ file: path, message })))
  }
  const option = out === undefined ? 'policy new' : '--out'
  attempt(option, folder, () => makeFolders(folder))
  const written: string[] = []
  try {
    for (const { path, content } of files) {
      attempt(option, path, () => writeFileSync(path, content, { flag: 'wx' }))
      written.push(path)
    }
  } catch (error) {
    for (const path of written) rmSync(path)
    throw error
  }
  const at = (extension: string): string => shellWord(join(folder, `${name}.${extension}`))
  console.print(
    [
      `wrote ${written.join(', ')}`,
      '',
      'next:',
      `  npx fleetlab policy check ${at('ts')}`,
      `  npx fleetlab compare ${at('yaml')}`,
      `  node --test ${at('test.mjs')}`,
    ].join('\n'),
  )
}

interface CheckOptions {
  readonly worlds: readonly number[]
  readonly json?: true
}

const STATES = join('sim', 'evidence', 'recorded', 'states.jsonl.gz')

async function checkCommand(session: Session, reference: string, { worlds, json }: CheckOptions): Promise<void> {
  const source = await resolvePolicy(reference)
  if (!source.ok) return refuse(source.error)
  const { text } = await readStateFile(join(packageRoot(), STATES), () => session.standardInput())
  const checked = await withProgress(session, 'policy check', (onProgress) =>
    checkPolicy({
      source: source.value,
      states: { name: STATES, text },
      worlds,
      signal: session.signal,
      onProgress,
      pause: async () => await setImmediate(),
    }),
  )
  if (!checked.ok) return refuse(checked.error)
  const { console } = session
  const result = checked.value
  console.print(
    json ? formatJson({ format: 'fleetlab.policy-check/1', ...result }) : formatPolicyCheck(result, console.paint),
  )
  session.finish(result.unlike.length > 0 ? EXIT.failed : EXIT.good)
}

const WORLDS = '1-20'

function worldsFlag(text: string): readonly number[] {
  const numbers = parseSeedList(text)
  if (numbers !== undefined) return numbers
  throw new InvalidArgumentError(
    `It must be numbers of worlds such as 1-20 or 3,17, each once and at most 10,000 of them, not "${text}".`,
  )
}

export function definePolicyCommands(program: Command, session: Session): void {
  const policy = program
    .command('policy')
    .summary('start a policy of your own, and check that it is safe to run')
    .description('A policy to start from, and whether one is safe to run. The guide is docs/policies.md.')
  const forNew = policy
    .command('new')
    .summary('writes a policy, a scenario and a test')
    .description(
      'Writes NAME.ts, a policy with comments; NAME.yaml, a scenario that compares it with `open`; and NAME.test.mjs, for\n' +
        '`node --test`. Nothing is overwritten.',
    )
    .argument('<name>', 'small letters, digits and hyphens', nameFlag)
    .option('--out <dir>', 'into this folder instead of the current one')
    .action((name: string, options: { readonly out?: string }) => newCommand(session, name, options))
  examples(forNew, ['fleetlab policy new my-policy', 'fleetlab policy new my-policy --out policies'])
  const forCheck = policy
    .command('check')
    .summary('types, recorded states, random worlds, everything twice')
    .description(
      'Type-checks a policy, asks it about states that the real coordinator answered, and plays random worlds with the judges of\n' +
        'the invariants on; all of it twice. Worlds of odd numbers also draw its parameters from within their bounds. Exit code 1\n' +
        'when the second time differs from the first, 2 when the policy is wrong, with file, line, surface and circumstances.',
    )
    .argument('<policy>', "a policy file, or a built-in's name")
    .addOption(
      new Option('--worlds <list>', 'which random worlds, by number')
        .argParser(worldsFlag)
        .default(worldsFlag(WORLDS), WORLDS),
    )
    .addOption(jsonOption('the report'))
    .action((reference: string, options: CheckOptions) => checkCommand(session, reference, options))
  examples(forCheck, ['fleetlab policy check my-policy.ts', 'fleetlab policy check my-policy.ts --worlds 1-200 --json'])
}
