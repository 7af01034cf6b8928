/** `fleetlab cliff`: where a fleet falls as a load grows. */
import { type Command, Option } from 'commander'
import type { RangeAxis } from '../../../lab/cliff/range-axis.ts'
import { cliffSvg } from '../../../report/picture/cliff-svg.ts'
import { cliffCsv, cliffMarkdown, formatCliff } from '../../../report/text/search/cliff-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { refuse } from '../../exit.ts'
import { countFlag, rangeFlag, shareFlag } from '../../flags.ts'
import { runInLab } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import {
  examples,
  type ExperimentOptions,
  jobsOption,
  jsonOption,
  policiesOption,
  queueOption,
  setOption,
  verifyOption,
} from '../../options.ts'
import type { Session } from '../../session.ts'

const RUNS = 96

interface CliffOptions extends ExperimentOptions {
  readonly vary?: RangeAxis
  readonly model?: string
  readonly policies?: readonly string[]
  readonly runs: number
  readonly precision?: number
  readonly hysteresis?: true
  readonly burst?: true
  readonly csv?: string
  readonly markdown?: string
  readonly svg?: string
}

async function cliffCommand(session: Session, scenario: string, options: CliffOptions): Promise<void> {
  const startedAt = performance.now()
  const { vary: axis } = options
  if (axis === undefined) refuse('name what grows, such as --vary demand[0].arrivals.load=0.5..4')
  const { outputs } = session
  const csv = outputs.fileIfGiven('--csv', options.csv)
  const markdown = outputs.fileIfGiven('--markdown', options.markdown)
  const svg = outputs.fileIfGiven('--svg', options.svg)
  const { CLIFF_RUNS_MIN, runCliff } = await import('../../../lab/cliff/cliff.ts')
  if (options.runs < CLIFF_RUNS_MIN)
    refuse(`--runs: the first look takes ${CLIFF_RUNS_MIN}; give at least as many, not ${options.runs}`)
  const request = {
    scenario,
    settings: options.set,
    policies: options.policies,
    verify: options.verify,
    axis,
    model: options.model,
    runs: options.runs,
    precision: options.precision,
    also: [...(options.hysteresis ? (['hysteresis'] as const) : []), ...(options.burst ? (['burst'] as const) : [])],
  }
  const found = await runInLab(session, 'cliff', options, (ports, control) => runCliff(request, ports, control))
  const result = { ...found, meta: metaSince(startedAt) }
  await csv?.write(cliffCsv(result))
  await markdown?.write(cliffMarkdown(result))
  await svg?.write(cliffSvg(result))
  const { print, paint } = session.console
  print(options.json ? formatJson(result) : formatCliff(result, paint))
}

export function defineCliff(program: Command, session: Session): void {
  const command = program
    .command('cliff')
    .summary('how likely a fleet falls as a load grows')
    .description(
      'Spends runs where they tell most to find the loads at which 1 % and 50 % of runs fall (or never come up), with intervals. What falling means stands under `collapse:` of the scenario.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .addOption(new Option('--vary <path=low..high>', 'what grows, and from where to where').argParser(rangeFlag))
    .option('--model <name>', 'ask for one public model only (default: any that falls)')
    .addOption(policiesOption())
    .addOption(new Option('--runs <n>', 'runs per policy at most').argParser(countFlag).default(RUNS))
    .addOption(
      new Option(
        '--precision <share>',
        'stop early when the 50 % load is known to within this share of the range either way, such as 5%',
      ).argParser(shareFlag),
    )
    .option(
      '--hysteresis',
      'also go up the range and down again within each run: where it falls, and where it comes back',
    )
    .option('--burst', 'also look for the smallest burst from the low end of the range that topples half of the runs')
    .addOption(setOption())
    .addOption(jobsOption())
    .addOption(queueOption())
    .option('--csv <file>', 'write every level as CSV')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option('--svg <file>', 'write the curve, its range, the two loads and the loops as a picture')
    .addOption(jsonOption('the curve'))
    .addOption(verifyOption())
    .action((scenario: string, options: CliffOptions) => cliffCommand(session, scenario, options))
  examples(command, [
    'fleetlab cliff my.yaml --vary demand[0].arrivals.load=0.5..4',
    'fleetlab cliff my.yaml --vary fleet[0].count=10..60 --policies open,pools --runs 200',
    'fleetlab cliff my.yaml --vary demand[0].arrivals.load=0.5..4 --hysteresis --burst --set duration=2h --svg cliff.svg',
  ])
}
