/** `fleetlab run`: one scenario, one policy, one seed. */
import { type Command, Option } from 'commander'
import { must } from '../../../base/assert.ts'
import { MICROS_PER_SECOND } from '../../../base/time.ts'
import { armsOf, jobOf } from '../../../lab/runs/arms.ts'
import { checkedScenario } from '../../../lab/check/checked-scenario.ts'
import { type ExplainedRequest, type RequestQuestion, requestFinder } from '../../../lab/story/find-request.ts'
import { macStory } from '../../../lab/story/mac-story.ts'
import { SimulatedDay } from '../../../lab/story/recorded-day.ts'
import type { RunJob, StateDocument } from '../../../lab/runs/ports.ts'
import { namesOf } from '../../../lab/runs/run-names.ts'
import type { Day } from '../../../metrics/figures/day.ts'
import { formatDistance } from '../../../report/text/run/distance-text.ts'
import { formatExplanation } from '../../../report/explain/explain.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatRun } from '../../../report/text/run/run-text.ts'
import type { RunTimeline } from '../../../report/timeline/run-timeline.ts'
import type { ArrivedRow } from '../../../trace/row.ts'
import { type Scenario, withSettings } from '../../../scenario/index.ts'
import { refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { explainFlag, type Instant, instantFlag, seedFlag } from '../../flags.ts'
import { runHere } from '../../threads/run-here.ts'
import { metaSince } from '../../meta.ts'
import { examples, htmlOption, jsonOption, setOption, verifyOption } from '../../options.ts'
import { pageFile } from '../../output/page-file.ts'
import { resolvePolicy } from '../../policy-files/policy-source.ts'
import { CANDIDATES, OF_SOME_RUNS, runFiles, stateName, WRITTEN } from '../../output/run-files.ts'
import { tableFiles } from '../../output/table-files.ts'
import type { Session } from '../../session.ts'

interface RunOptions {
  readonly policy?: string
  readonly seed?: number
  readonly set: readonly string[]
  readonly out?: string
  readonly candidates?: true
  readonly skipWarmup?: true
  readonly parquet?: string
  readonly timeline?: string
  readonly html?: string
  readonly json?: true
  readonly verify: boolean
  readonly explain?: RequestQuestion
  readonly stateAt: readonly Instant[]
}

interface Plan {
  readonly job: RunJob
  /** What the scenario replays. */
  readonly recordedDay: Day | undefined
  /** With all settings made, the arm's included. */
  readonly scenario: Scenario
}

/** The run that the command line describes. */
async function planFrom(scenario: string, options: RunOptions): Promise<Plan> {
  const loaded = await checkedScenario(scenario, options.set, nodeFiles)
  if (!loaded.ok) return refuse(loaded.error)
  const references = options.policy === undefined ? undefined : [options.policy]
  const arms = await armsOf(loaded.value, references, resolvePolicy)
  if (!arms.ok) return refuse(arms.error)
  const arm = must(arms.value[0], 'a scenario has at least one arm')
  const base = { scenario, settings: options.set, verify: options.verify, wantsSamples: false, rows: [] }
  const changed = withSettings(loaded.value, arm.settings)
  if (!changed.ok) return refuse(changed.error)
  const { scenario: whole, recordedDay } = changed.value
  return { job: jobOf(base, arm, options.seed ?? whole.seed), scenario: whole, recordedDay }
}

/** The second pass. The same job gives the same run, so the request is the same one. */
async function explain(session: Session, job: RunJob, arrived: ArrivedRow): Promise<ExplainedRequest> {
  const story = macStory(arrived.request)
  const asked = { ...job, explain: { request: arrived.request } }
  const { explanation } = await runHere(session, asked, 'explain', { subscribers: [story.observe] })
  return { arrived, notes: explanation ?? [], macs: story.events }
}

/** Loaded, with the writer of its format, only where somebody asks for it. */
async function timelineOf(scenario: Scenario): Promise<RunTimeline> {
  const { RunTimeline: Timeline } = await import('../../../report/timeline/run-timeline.ts')
  return new Timeline(namesOf(scenario).machines)
}

/** What to say when no request answers the question. A number or a model that does not exist is bad input. */
function nothingToExplain(question: RequestQuestion, finder: ReturnType<typeof requestFinder>): string {
  if (question.kind === 'id') {
    return refuse(
      `--explain ${question.id}: there is no such request; the run has requests 0 to ${finder.arrived() - 1}`,
    )
  }
  const { model } = question
  if (model !== undefined && !finder.models.has(model)) {
    return refuse(
      `--explain ${question.kind}:${model}: no request asks for that model; they ask for ${[...finder.models].join(', ')}`,
    )
  }
  const whose = model === undefined ? '' : ` for ${model}`
  return question.kind === 'first-429'
    ? `nothing to explain: no request${whose} was answered 429`
    : `nothing to explain: no request${whose} was served`
}

/** Known before the run: how long it drains after that is not. */
function mustLastUntil(instants: readonly Instant[], { name, duration }: Scenario): void {
  const beyond = instants.find(({ at }) => at > duration)
  if (beyond === undefined) return
  refuse(
    `--state-at ${beyond.text}: is after the end of ${name}; its requests arrive for ${duration / MICROS_PER_SECOND}s`,
  )
}

async function runCommand(session: Session, path: string, options: RunOptions): Promise<void> {
  const startedAt = performance.now()
  if (options.candidates && options.out === undefined)
    refuse('--candidates: needs --out; they are a file of that folder')
  if (options.stateAt.length > 0 && options.out === undefined)
    refuse('--state-at: needs --out; states are files of that folder')
  if (options.skipWarmup && options.out === undefined)
    refuse('--skip-warmup: needs --out; it is the ledger of that folder that it shortens')
  const holds = [...WRITTEN, CANDIDATES, ...options.stateAt.map(({ at }) => stateName(at))]
  const folder =
    options.out === undefined ? undefined : session.outputs.folder('--out', options.out, holds, OF_SOME_RUNS)
  const parquet = options.parquet === undefined ? undefined : await tableFiles(session.outputs, options.parquet)
  const timelineFile = session.outputs.fileIfGiven('--timeline', options.timeline)
  const page = pageFile(session, options.html, { scenario: path, settings: options.set })
  const { job, scenario, recordedDay } = await planFrom(path, options)
  mustLastUntil(options.stateAt, scenario)
  const wantsCandidates = options.candidates === true
  const skipsWarmup = options.skipWarmup === true
  if (wantsCandidates && skipsWarmup && scenario.warmup === 'auto')
    refuse(
      '--candidates with --skip-warmup: candidates are written while the run goes, and `warmup: auto` is known only after it; give a time, such as --set warmup=10m',
    )
  const files = folder === undefined ? undefined : runFiles(folder, scenario, { wantsCandidates, skipsWarmup })
  const tables = parquet?.ofRun({ job, scenario })
  const timeline = timelineFile === undefined ? undefined : await timelineOf(scenario)
  const finder = options.explain === undefined ? undefined : requestFinder(options.explain)
  const day = recordedDay === undefined ? undefined : new SimulatedDay(recordedDay)
  const subscribers = [
    ...(day === undefined ? [] : [day.row]),
    ...(files === undefined ? [] : [files.observe]),
    ...(tables === undefined ? [] : [tables.row]),
    ...(timeline === undefined ? [] : [timeline.row]),
    ...(finder === undefined ? [] : [finder.observe]),
  ]
  const onNote = files?.onNote
  let states: readonly StateDocument[] = []
  const done = await runHere(session, job, 'run', {
    subscribers,
    ...(onNote !== undefined && { onNote }),
    statesAt: options.stateAt.map(({ at }) => at),
    onStates: (written) => void (states = written),
  })
  const distance = day?.distance()
  const result = {
    ...done.result,
    ...(distance === undefined ? {} : { recorded_day: distance }),
    meta: { ...done.result.meta, ...metaSince(startedAt) },
  }
  const found = finder?.found()
  const explanation = found === undefined ? undefined : await explain(session, job, found)
  const note = finder !== undefined && found === undefined ? nothingToExplain(options.explain!, finder) : undefined
  if (files !== undefined) {
    await files.write(result)
    for (const [place, { at }] of options.stateAt.entries())
      files.writeState(at, must(states[place], 'a state for every instant'), job.policy)
    await folder!.commit()
  }
  tables?.end(result)
  await parquet?.commit()
  if (timeline !== undefined) await timelineFile!.write(timeline.encode(result))
  if (page !== undefined) {
    const { runPage } = await import('../../../report/page/run-page.ts')
    await page.write(result, runPage)
  }
  const { print, note: say, paint } = session.console
  if (note !== undefined) say(note)
  if (options.json) print(formatJson(explanation === undefined ? result : { ...result, explanation }))
  else if (explanation === undefined) {
    print(formatRun(result, paint))
    if (distance !== undefined) print(`\n${formatDistance(distance, recordedDay!.calendar, paint)}`)
  } else print(formatExplanation(explanation, paint))
}

export function defineRun(program: Command, session: Session): void {
  const command = program
    .command('run')
    .summary('one run of a scenario')
    .description('Runs a scenario once, under one policy and one seed, and prints what became of its requests.')
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .option(
      '--policy <policy>',
      "a built-in's name, an arm of the scenario, or a policy file (default: the scenario's first arm, else open)",
    )
    .option('--seed <n>', "whole number (default: the scenario's)", seedFlag)
    .addOption(setOption())
    .option('--out <dir>', 'write result.json, the ledger as CSV, and trace.fleet into this folder')
    .option(
      '--candidates',
      'with --out, write each machine that each decision considered: inference_route_candidates.csv (large)',
    )
    .option(
      '--skip-warmup',
      'with --out, leave requests that arrive before the warm-up ends, and samples before it, out of the ledger',
    )
    .option(
      '--parquet <dir>',
      'write tables for notebooks into this folder: requests, attempts, delays, macs, metrics, series and runs.parquet (docs/analysis.md)',
    )
    .option(
      '--timeline <file>',
      'write the run as a Perfetto trace (run.pftrace), for https://ui.perfetto.dev: Macs, slots and queues, each request from arrival to answer (docs/analysis.md)',
    )
    .addOption(htmlOption())
    .addOption(
      new Option(
        '--state-at <time>',
        "with --out, write the coordinator's state at that time of the run, and the requests it decides next, for `fleetlab decide`: state-843s.json; 843s, 14m3s, 14:03 (minutes and seconds) or 1:14:03; may be repeated",
      )
        .argParser(instantFlag)
        .default([], 'none'),
    )
    .addOption(jsonOption('the result'))
    .addOption(verifyOption())
    .option(
      '--explain <request>',
      'print the decision on one request, machine by machine: its number, first-429, first-429:MODEL, slowest or slowest:MODEL',
      explainFlag,
    )
    .action((scenario: string, options: RunOptions) => runCommand(session, scenario, options))
  examples(command, [
    'fleetlab run scenarios/headline/gpt-oss-vs-gemma.yaml',
    'fleetlab run my.yaml --policy pools-afe8135 --seed 7 --set duration=10m --json',
    'fleetlab run my.yaml --policy ./mine.ts --out out/mine',
    'fleetlab run my.yaml --parquet out/tables',
    'fleetlab run my.yaml --explain first-429:gemma-4-26b',
    'fleetlab run my.yaml --state-at 14:03 --out out && fleetlab decide out/state-843s.json --policy pools',
  ])
}
