/** `fleetlab demand`: what the streams of a scenario look like, beside a recording. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../../base/quantity.ts'
import { MICROS_PER_SECOND, type Micros } from '../../../base/time.ts'
import { loadWithSettings } from '../../../lab/runs/job.ts'
import { type DemandDocument, formatDemand } from '../../../report/text/inputs/demand-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import type { LoadedScenario } from '../../../scenario/index.ts'
import { surveyDemand, type SurveyedTrace, surveyTrace, surveyTraceText } from '../../../simulation/demand-survey.ts'
import { refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { seedFlag } from '../../flags.ts'
import { metaSince } from '../../meta.ts'
import { examples, jsonOption, repeatableOption, setOption } from '../../options.ts'
import type { Session } from '../../session.ts'

interface DemandOptions {
  readonly against: readonly string[]
  readonly seed?: number
  readonly set: readonly string[]
  readonly answer: Micros
  readonly json?: true
}

const ANSWER_DEFAULT = (5 * MICROS_PER_SECOND) as Micros

/** Nobody is answered sooner, and users who do not think would ask without end. */
const ANSWER_MIN = 50_000

function answerFlag(text: string): Micros {
  const answer = parseDuration(text)
  if (answer === undefined || answer < ANSWER_MIN) {
    throw new InvalidArgumentError(`It must be a time such as 5s or 1m30s, at least 50ms, not "${text}".`)
  }
  return answer
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Recordings that stand beside: those asked for, else those that the scenario replays or takes lengths from. */
async function recordings(loaded: LoadedScenario, against: readonly string[]): Promise<readonly SurveyedTrace[]> {
  if (against.length === 0) return [...loaded.traces.values()].map((trace) => surveyTrace(nameOf(trace.path), trace))
  const found: SurveyedTrace[] = []
  for (const path of against) {
    const text = await nodeFiles.read(path)
    if (text === undefined) return refuse([{ file: path, message: 'does not exist' }])
    const surveyed = surveyTraceText(path, nameOf(path), text)
    if (!surveyed.ok) return refuse(surveyed.error)
    found.push(surveyed.value)
  }
  return found
}

/** Coarser than this, figures at 1 s are those of the clock. */
const COARSE = MICROS_PER_SECOND

function notesOf(waits: boolean, answer: Micros, traces: readonly SurveyedTrace[]): readonly string[] {
  return [
    ...(waits
      ? [
          `users and sessions wait for answers; here every request ends ${answer / MICROS_PER_SECOND} s after it came (--answer), in a run when it is answered`,
        ]
      : []),
    ...traces
      .filter(({ resolution }) => resolution >= COARSE)
      .map(
        ({ figures, resolution }) =>
          `${figures.name} is exact to ${resolution / MICROS_PER_SECOND} s: its gaps and its counts in windows of that size are those of its clock; a replay spreads the requests of one tick over it`,
      ),
  ]
}

async function demandCommand(session: Session, path: string, options: DemandOptions): Promise<void> {
  const startedAt = performance.now()
  const loaded = await loadWithSettings(path, options.set, nodeFiles)
  if (!loaded.ok) return refuse(loaded.error)
  const { scenario, digest } = loaded.value
  const seed = options.seed ?? scenario.seed
  const traces = await recordings(loaded.value, options.against)
  const { columns, waits } = surveyDemand({ loaded: loaded.value, seed, answer: options.answer })
  const document: DemandDocument = {
    format: 'fleetlab.demand/1',
    scenario: { name: scenario.name, digest },
    seed,
    columns: [...columns, ...traces.map(({ figures }) => figures)],
    notes: notesOf(waits, options.answer, traces),
    meta: metaSince(startedAt),
  }
  const { print, paint } = session.console
  print(options.json ? formatJson(document) : formatDemand(document, paint))
}

export function defineDemand(program: Command, session: Session): void {
  const command = program
    .command('demand')
    .summary('what a stream of requests looks like, beside a recording')
    .description(
      'Draws the requests of a scenario, without a fleet, and prints what they look like: rate over time, spread of the gaps,\n' +
        'Fano factors (variance over mean of the counts in windows of 1, 10 and 60 s; 1 is Poisson), quantiles of lengths, mix.\n' +
        'A column for each stream, one for all together, and one for each recording.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .addOption(repeatableOption('--against <trace>', 'a trace file to stand beside', 'those the scenario names'))
    .option('--seed <n>', "whole number (default: the scenario's)", seedFlag)
    .addOption(setOption())
    .addOption(
      new Option('--answer <time>', 'when a request ends after it came, for users and sessions, who wait for it')
        .argParser(answerFlag)
        .default(ANSWER_DEFAULT, '5s'),
    )
    .addOption(jsonOption('the figures'))
    .action((scenario: string, options: DemandOptions) => demandCommand(session, scenario, options))
  examples(command, [
    'fleetlab demand my.yaml',
    'fleetlab demand my.yaml --against scenarios/traces/azure_conv_2023.csv --seed 3',
    'fleetlab demand my.yaml --set demand[0].arrivals=cox --json',
  ])
}
