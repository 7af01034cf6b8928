/** `fleetlab tune`: the parameters of a policy for an objective. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type ParameterRange, parseParameterRange } from '../../../lab/tune/tune-space.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatTune, tuneMarkdown } from '../../../report/text/search/tune-text.ts'
import { refuse } from '../../exit.ts'
import { countFlag } from '../../flags.ts'
import { runInLab } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import {
  examples,
  type ExperimentOptions,
  jobsOption,
  jsonOption,
  queueOption,
  repeatableOption,
  seedsOption,
  setOption,
  verifyOption,
} from '../../options.ts'
import type { Session } from '../../session.ts'

const RUNS = 240
const HELD_BACK = 10

interface TuneOptions extends ExperimentOptions {
  readonly scenario?: string
  readonly objective?: string
  readonly subjectTo: readonly string[]
  readonly param: readonly ParameterRange[]
  readonly runs: number
  readonly seeds?: readonly number[]
  readonly heldBack: number
  readonly worlds?: readonly string[]
  readonly markdown?: string
}

function paramFlag(text: string, before: readonly ParameterRange[]): readonly ParameterRange[] {
  const parsed = parseParameterRange(text)
  if (!parsed.ok) throw new InvalidArgumentError(`It ${parsed.error}.`)
  if (before.some(({ name }) => name === parsed.value.name)) {
    throw new InvalidArgumentError(`It names ${parsed.value.name} twice.`)
  }
  return [...before, parsed.value]
}

async function tuneCommand(session: Session, policy: string, options: TuneOptions): Promise<void> {
  const startedAt = performance.now()
  const { scenario, objective } = options
  if (scenario === undefined) refuse('name a scenario, such as --scenario my.yaml')
  if (objective === undefined) refuse("say what shall be best, such as --objective 'goodput of gpt-oss-20b'")
  if (options.heldBack < 5) refuse('--held-back: fewer than 5 seeds give no interval')
  const markdown = session.outputs.fileIfGiven('--markdown', options.markdown)
  const { runTune } = await import('../../../lab/tune/tune.ts')
  const request = {
    scenario,
    settings: options.set,
    policy,
    verify: options.verify,
    objective,
    constraints: options.subjectTo,
    ranges: options.param,
    runs: options.runs,
    seeds: options.seeds,
    heldBack: options.heldBack,
    worlds: options.worlds ?? [],
  }
  const found = await runInLab(session, 'tune', options, (ports, control) => runTune(request, ports, control))
  const result = { ...found, meta: metaSince(startedAt) }
  await markdown?.write(tuneMarkdown(result))
  const { print, paint } = session.console
  print(options.json ? formatJson(result) : formatTune(result, paint))
}

export function defineTune(program: Command, session: Session): void {
  const command = program
    .command('tune')
    .summary('the parameters of a policy for an objective')
    .description(
      'Tries many values of a policy’s parameters on few seeds and the better ones on more, chooses one, and measures what it ' +
        'is worth on seeds, and in other scenarios, that had no part in choosing it.',
    )
    .argument('<policy>', 'a policy with parameters: a path, a built-in, or an arm of the scenario')
    .option('--scenario <file>', 'scenario file, YAML or JSON')
    .option(
      '--objective <figure>',
      "what shall be best: 'goodput of MODEL', 'goodput' (of the model worst off), 'min pool_moves', or a path",
    )
    .addOption(
      repeatableOption('--subject-to <expression>', "what must hold, such as 'goodput of gemma >= 95%'", 'nothing'),
    )
    .addOption(
      new Option(
        '--param <name=low..high>',
        'tune this parameter, in this range (default: its bounds); may be repeated',
      )
        .argParser(paramFlag)
        .default([], 'all that have bounds'),
    )
    .addOption(new Option('--runs <n>', 'runs of the search at most').argParser(countFlag).default(RUNS))
    .addOption(seedsOption('1-16'))
    .addOption(
      new Option('--held-back <n>', 'seeds after those of the search on which the finalists are measured')
        .argParser(countFlag)
        .default(HELD_BACK),
    )
    .option('--worlds <files...>', 'other scenarios in which the chosen point is measured too')
    .addOption(setOption())
    .addOption(jobsOption())
    .addOption(queueOption())
    .option('--markdown <file>', 'write the tables as Markdown')
    .addOption(jsonOption('every point and score'))
    .addOption(verifyOption())
    .action((policy: string, options: TuneOptions) => tuneCommand(session, policy, options))
  examples(command, [
    "fleetlab tune ./mine.ts --scenario my.yaml --objective 'goodput of gpt-oss-20b' --subject-to 'goodput of gemma >= 95%'",
    'fleetlab tune ./mine.ts --scenario my.yaml --objective goodput --param keep=0..8 --worlds other.yaml third.yaml',
  ])
}
