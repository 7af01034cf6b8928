/** `fleetlab decide`: what the coordinator would do in a written state. */
import { type Command, Option } from 'commander'
import { DecideComparison } from '../../../lab/decide/decide-compare.ts'
import { decideStates, type DecidedState } from '../../../lab/decide/decide.ts'
import { readStates, type WrittenState } from '../../../lab/decide/decide-source.ts'
import { compareResult, formatDecideCompare } from '../../../report/explain/decide-compare-text.ts'
import { formatDecided } from '../../../report/explain/decide-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { EXIT, refuse } from '../../exit.ts'
import { setFlag } from '../../flags.ts'
import { examples } from '../../options.ts'
import { resolvePolicy } from '../../policy-files/policy-source.ts'
import type { Session } from '../../session.ts'
import { readStateFile } from '../../files/state-files.ts'

interface DecideOptions {
  readonly policy?: string
  readonly set: readonly string[]
  readonly json?: true
  readonly compare?: true
}

async function statesOf(
  session: Session,
  paths: readonly string[],
  settings: readonly string[],
): Promise<readonly WrittenState[]> {
  if (paths.filter((path) => path === '-').length > 1) {
    refuse([{ file: '-', message: 'is named twice; standard input can be read once' }])
  }
  const states: WrittenState[] = []
  for (const path of paths) {
    const { name, text } = await readStateFile(path, () => session.standardInput())
    const read = readStates(name, text, settings)
    if (!read.ok) refuse(read.error)
    states.push(...read.value)
  }
  return states
}

const NONE: readonly string[] = []

const settingOption = (): Option =>
  new Option(
    '--set <path=value>',
    "over the states' own settings, such as coordinator.MIN_DECODE_TPS=0; may be repeated",
  )
    .argParser(setFlag)
    .default(NONE, 'none')

/** One document a line, as it would be recorded. */
const jsonLine = ({ document, decided }: DecidedState): string =>
  JSON.stringify({
    id: document.id,
    answers: decided.requests.map(({ answer }) => answer),
    ...(decided.ticks !== undefined && { ticks: decided.ticks }),
  })

async function decideCommand(session: Session, paths: readonly string[], options: DecideOptions): Promise<void> {
  const { console } = session
  const states = await statesOf(session, paths, options.set)
  if (options.compare) {
    const bare = states.find(({ document }) => document.answers === undefined)
    if (bare !== undefined) {
      refuse([
        { file: bare.file, line: bare.line, path: 'answers', message: 'is missing; --compare holds ours against them' },
      ])
    }
  }
  const explained = options.json === undefined && options.compare === undefined
  const question = { states, policy: options.policy, explained }
  const comparison = new DecideComparison()
  let place = 0
  for await (const answered of decideStates(question, resolvePolicy)) {
    if (!answered.ok) refuse(answered.error)
    session.signal.throwIfAborted()
    const state = answered.value
    if (options.compare) comparison.add(state.document, state.decided)
    else if (options.json) console.print(jsonLine(state))
    else console.print(`${place > 0 ? '\n' : ''}${formatDecided(state, console.paint)}`)
    place += 1
  }
  if (!options.compare) return
  const result = compareResult(states.length, comparison.figures)
  console.print(options.json ? formatJson(result) : formatDecideCompare(result, console.paint))
  session.finish(result.different > 0 ? EXIT.failed : EXIT.good)
}

export function defineDecide(program: Command, session: Session): void {
  const command = program
    .command('decide')
    .summary('what the coordinator would do in a written state')
    .description(
      'Reads states of a fleet (format fleetlab.decide/1) and says what the coordinator would do with their requests:\n' +
        'which machine, why the others not, preflight, probes, cold spill, alias resolution, warm-pool plan.',
    )
    .argument('<file...>', 'states: .json, or .jsonl with one a line; gzipped or not; - for standard input')
    .option('--policy <policy>', "a built-in's name or a policy file (default: what the state names, else open)")
    .addOption(settingOption())
    .option('--json', 'print one JSON document per state, one a line, and nothing else')
    .option('--compare', "hold the states' own answers against ours; exit code 1 when any differs")
    .action((paths: readonly string[], options: DecideOptions) => decideCommand(session, paths, options))
  examples(command, [
    'fleetlab decide state.json',
    'fleetlab decide recorded.jsonl.gz --compare',
    'fleetlab decide state.json --policy pools-afe8135 --set coordinator.MIN_DECODE_TPS=0 --json',
    'zcat states.jsonl.gz | fleetlab decide -',
  ])
}
