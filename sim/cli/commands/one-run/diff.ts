/** `fleetlab diff`: the first decision in which two runs on the same seed part. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { must } from '../../../base/assert.ts'
import { armsOf, jobOf } from '../../../lab/runs/arms.ts'
import { type ExplainedRequest, requestFinder } from '../../../lab/story/find-request.ts'
import { loadWithSettings } from '../../../lab/runs/job.ts'
import { macStory } from '../../../lab/story/mac-story.ts'
import { type Act, PartingFinder, requestOf } from '../../../lab/story/parting.ts'
import { PartingBesideReal } from '../../../lab/story/parting-beside-real.ts'
import { REAL } from '../../../live/played.ts'
import type { RunJob } from '../../../lab/runs/ports.ts'
import type { RequestId } from '../../../base/ids.ts'
import { type DiffSide, formatDiff } from '../../../report/explain/diff-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { decodeTraceFile, type RunTraceFile } from '../../../trace/file.ts'
import type { TraceRow } from '../../../trace/row.ts'
import { refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { seedFlag } from '../../flags.ts'
import { runHere } from '../../threads/run-here.ts'
import { examples, jsonOption, setOption } from '../../options.ts'
import { resolvePolicy } from '../../policy-files/policy-source.ts'
import type { Session } from '../../session.ts'

interface DiffOptions {
  readonly scenario?: string
  readonly seed?: number
  readonly set: readonly string[]
  readonly json?: true
}

const TRACE = 'trace.fleet'

/** Serials by connection, from either run: connections are numbered in the order of registration. */
class Serials {
  private readonly known = new Map<number, string>()
  readonly row = (row: TraceRow): void => {
    if (row.kind === 'registered') this.known.set(row.provider, row.serial)
  }
  readonly of = (provider: number): string => this.known.get(provider) ?? `provider ${provider}`
}

async function explained(session: Session, job: RunJob, act: Act | undefined): Promise<ExplainedRequest | undefined> {
  const id = requestOf(act)
  if (id === undefined) return undefined
  const request = id as RequestId
  const story = macStory(request)
  const finder = requestFinder({ kind: 'id', id: request })
  const done = await runHere(session, { ...job, explain: { request } }, 'explain', {
    subscribers: [story.observe, finder.observe],
  })
  const arrived = must(finder.found(), 'a request with a decision has arrived')
  return { arrived, notes: done.explanation ?? [], macs: story.events }
}

/** Simulates both sides, and then again what they part in. */
async function diffPolicies(
  session: Session,
  path: string,
  names: readonly [string, string],
  options: DiffOptions,
): Promise<void> {
  if (names[0] === names[1]) refuse(`${names[0]} and ${names[1]} are the same arm; name two`)
  const loaded = await loadWithSettings(path, options.set, nodeFiles)
  if (!loaded.ok) return refuse(loaded.error)
  const arms = await armsOf(loaded.value, names, resolvePolicy)
  if (!arms.ok) return refuse(arms.error)
  const seed = options.seed ?? loaded.value.scenario.seed
  const base = { scenario: path, settings: options.set, verify: false, wantsSamples: false, rows: [] }
  const [a, b] = arms.value.map((arm) => jobOf(base, arm, seed)) as [RunJob, RunJob]
  const finder = new PartingFinder()
  const serials = new Serials()
  await runHere(session, a, a.policyName, { subscribers: [finder.rowOfA, serials.row] })
  await runHere(session, b, b.policyName, { subscribers: [finder.rowOfB, serials.row] })
  const parting = finder.parting()
  const sides: [DiffSide, DiffSide] = [
    { name: a.policyName, explained: await explained(session, a, parting?.a), serialOf: serials.of },
    { name: b.policyName, explained: await explained(session, b, parting?.b), serialOf: serials.of },
  ]
  say(session, options, { parting, acts: finder.acts, sides })
}

async function storedRun(path: string): Promise<RunTraceFile> {
  const file = (await stat(path).catch(() => undefined))?.isDirectory() === true ? join(path, TRACE) : path
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) =>
    refuse([
      {
        file,
        message:
          error.code === 'ENOENT'
            ? 'is not there; give folders of `run --out` or their trace.fleet, or policies with --scenario'
            : `cannot be read: ${error.code ?? error.message}`,
      },
    ]),
  )
  const decoded = await decodeTraceFile(bytes)
  return decoded.ok ? decoded.value : refuse([{ file, message: decoded.error }])
}

const runOf = ({ header }: RunTraceFile): string => `${header.scenario}, seed ${header.seed}`

/** Of what is stored: who decided what, without the machines that were passed over. */
async function diffStored(session: Session, paths: readonly [string, string], options: DiffOptions): Promise<void> {
  const [a, b] = [await storedRun(paths[0]), await storedRun(paths[1])]
  if (a.header.scenario !== b.header.scenario || a.header.seed !== b.header.seed) {
    refuse(
      `the runs differ in more than their policy: ${runOf(a)} and ${runOf(b)}; compare runs of one scenario and seed`,
    )
  }
  const isReal = a.header.policy === REAL || b.header.policy === REAL
  const finder = isReal ? new PartingBesideReal() : new PartingFinder()
  const [ofA, ofB] = [new Serials(), new Serials()]
  for (const row of a.store) {
    finder.rowOfA(row)
    ofA.row(row)
  }
  for (const row of b.store) {
    finder.rowOfB(row)
    ofB.row(row)
  }
  const sides: [DiffSide, DiffSide] = [
    { name: `${a.header.policy} (${paths[0]})`, explained: undefined, serialOf: ofA.of },
    { name: `${b.header.policy} (${paths[1]})`, explained: undefined, serialOf: ofB.of },
  ]
  const report = { parting: finder.parting(), acts: finder.acts, sides }
  say(session, options, isReal ? { ...report, besideReal: true } : report)
}

function say(session: Session, options: DiffOptions, report: Parameters<typeof formatDiff>[0]): void {
  const { print, paint } = session.console
  if (!options.json) return print(formatDiff(report, paint))
  const { parting, acts, sides } = report
  const side = (place: 0 | 1, act: Act | undefined) => ({
    name: sides[place].name,
    act: act ?? null,
    explanation: sides[place].explained ?? null,
  })
  print(
    formatJson({
      format: 'fleetlab.diff/1',
      same: parting === undefined,
      alike: parting?.alike ?? acts,
      a: side(0, parting?.a),
      b: side(1, parting?.b),
    }),
  )
}

export function defineDiff(program: Command, session: Session): void {
  const command = program
    .command('diff')
    .summary('the first decision in which two runs part')
    .description(
      'Finds the first act of the coordinator (a request let in or refused, a machine chosen, a load) that one run has and the other has not. With --scenario both runs are simulated and the decision is explained on both sides, machine by machine.',
    )
    .argument('<a>', 'a policy or an arm with --scenario; else a folder of `run --out` or its trace.fleet')
    .argument('<b>', 'what it is held against')
    .option('--scenario <file>', 'simulate a and b, which are policies, on this scenario')
    .option('--seed <n>', "whole number (default: the scenario's)", seedFlag)
    .addOption(setOption())
    .addOption(jsonOption('the parting'))
    .action((a: string, b: string, options: DiffOptions) => {
      if (options.scenario !== undefined) return diffPolicies(session, options.scenario, [a, b], options)
      if (options.seed !== undefined || options.set.length > 0) {
        refuse('--seed and --set: need --scenario; stored runs are what they are')
      }
      return diffStored(session, [a, b], options)
    })
  examples(command, [
    'fleetlab diff open pools-afe8135 --scenario my.yaml --seed 3',
    'fleetlab diff out/open out/pools',
  ])
}
