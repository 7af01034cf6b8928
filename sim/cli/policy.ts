/**
 * `fleetlab policy`: from nothing to a policy of one's own (`new`), and whether it is in order (`check`): its types, and runs over
 * worlds that make trouble, each twice, with the judges of the invariants on.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { BadInputError } from '../base/result.ts'
import { jobRoom } from '../lab/job.ts'
import type { JobDone, RunJob } from '../lab/ports.ts'
import { formatTable } from '../report/table.ts'
import { EXIT, refuse, ReproducibleError } from './exit.ts'
import { nodeFiles } from './files.ts'
import { examples } from './options.ts'
import { packageRoot } from './package-root.ts'
import { resolvePolicy } from './policy-source.ts'
import { policyText, scenarioText, testText } from './policy-template.ts'
import { reproduce, type Session } from './session.ts'

const NAME = /^[a-z][a-z\d-]*$/

function policyNew(session: Session, name: string): void {
  if (!NAME.test(name)) refuse(`\`${name}\`: a policy is named by small letters, digits and dashes, such as keep-free`)
  const files = [
    [`${name}.ts`, policyText(name)],
    [`${name}.yaml`, scenarioText(name)],
    [`${name}.test.mjs`, testText(name)],
  ] as const
  const taken = files.filter(([file]) => existsSync(file))
  if (taken.length > 0) refuse(taken.map(([file]) => ({ file, message: 'is there already; nothing was written' })))
  for (const [file, text] of files) {
    writeFileSync(file, text, { flag: 'wx' })
    session.console.print(file)
  }
  session.console.note(`next: fleetlab policy check ./${name}.ts, then fleetlab compare ${name}.yaml`)
}

/** Worlds that bring up what goes wrong: full fleets, faults, two models, accounts, refusals. Short, so that six runs take seconds. */
const WORLDS = ['gallery/shed-by-price', 'gallery/reserve-macs', 'gallery/decode-floors', 'attacks/not-there'] as const
const SEEDS = [1, 2, 3] as const

const left = (head: string) => ({ head, align: 'left' as const })
const right = (head: string) => ({ head, align: 'right' as const })

async function policyCheck(session: Session, file: string): Promise<void> {
  const policy = await resolvePolicy(file)
  if (!policy.ok) return refuse(policy.error)
  const room = jobRoom(nodeFiles)
  const run = async (world: string, seed: number): Promise<JobDone> => {
    const job: RunJob = {
      scenario: join(packageRoot(), 'scenarios', `${world}.yaml`),
      settings: ['duration=90s', 'warmup=0s'],
      policy: policy.value,
      policyName: file,
      seed,
      verify: true,
      rows: [],
      wantsSamples: false,
    }
    const outcome = await room.run(job, { signal: session.signal })
    if (outcome.kind === 'bad_input') throw new BadInputError(outcome.problems)
    if (outcome.kind === 'bug') throw new ReproducibleError(outcome.message, reproduce(job))
    return outcome
  }
  const rows: string[][] = []
  let differ = 0
  for (const world of WORLDS) {
    for (const seed of SEEDS) {
      const [first, second] = [await run(world, seed), await run(world, seed)]
      const { requests, digest } = first.result
      const same = digest === second.result.digest
      if (!same) differ += 1
      const counts = [requests.arrived, requests.served].map(String)
      rows.push([world, String(seed), ...counts, same ? 'the same twice' : 'DIFFERS', digest.slice(0, 12)])
    }
  }
  const columns = [left('world'), right('seed'), right('arrived'), right('served'), left('runs'), left('digest')]
  session.console.print(formatTable({ columns, rows }, session.console.paint))
  const verdict =
    differ === 0
      ? `${file} is in order: types, every invariant, and ${rows.length} runs that were the same twice`
      : `${differ} of ${rows.length} runs differ when they are made again: something outlives a run, such as a variable of the module's`
  session.console.print(verdict)
  session.finish(differ === 0 ? EXIT.good : EXIT.failed)
}

export function definePolicyCommands(program: Command, session: Session): void {
  const policy = program
    .command('policy')
    .summary('start a policy of your own, or see whether it is in order')
    .description('Policies of your own: docs/policies.md is the guide.')
  const created = policy
    .command('new')
    .summary('writes a commented policy, a scenario and a test')
    .description('Writes NAME.ts, NAME.yaml and NAME.test.mjs into the folder it is called in.')
    .argument('<name>', 'small letters, digits and dashes')
    .action((name: string) => policyNew(session, name))
  examples(created, ['fleetlab policy new keep-free'])
  const checked = policy
    .command('check')
    .summary('types, invariants, and the same run twice')
    .description(
      'Type-checks a policy, runs it over a dozen short worlds with the judges of the invariants on, each twice, and compares\n' +
        'the digests. Exit code 1: a run differs from itself; 2: a mistake in the policy.',
    )
    .argument('<file>', 'such as ./keep-free.ts, or a name')
    .action((file: string) => policyCheck(session, file))
  examples(checked, ['fleetlab policy check ./keep-free.ts'])
}
