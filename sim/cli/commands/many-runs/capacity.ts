/** `fleetlab capacity`: the highest load or the smallest fleet that meets an objective. */
import { type Command, Option } from 'commander'
import type { RangeAxis } from '../../../lab/cliff/range-axis.ts'
import { capacityMarkdown, formatCapacity } from '../../../report/text/search/capacity-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { refuse } from '../../exit.ts'
import { countFlag, rangeFlag } from '../../flags.ts'
import { runInLab } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import {
  examples,
  type ExperimentOptions,
  jobsOption,
  jsonOption,
  policiesOption,
  queueOption,
  repeatableOption,
  setOption,
  verifyOption,
} from '../../options.ts'
import type { Session } from '../../session.ts'

const SEEDS = 64

interface CapacityOptions extends ExperimentOptions {
  readonly slo: readonly string[]
  readonly vary?: RangeAxis
  readonly policies?: readonly string[]
  readonly seeds: number
  readonly markdown?: string
}

async function capacityCommand(session: Session, scenario: string, options: CapacityOptions): Promise<void> {
  const startedAt = performance.now()
  const { vary: axis } = options
  if (options.slo.length === 0) refuse("say what shall be met, such as --slo 'goodput >= 95%'")
  if (axis === undefined) {
    refuse('name what varies, such as --vary demand[0].arrivals.load=0.5..4 or --vary fleet=50%..200%')
  }
  if (options.seeds < 5) refuse('--max-seeds: fewer than 5 seeds give no interval')
  const markdown = session.outputs.fileIfGiven('--markdown', options.markdown)
  const { runCapacity } = await import('../../../lab/cliff/capacity.ts')
  const request = {
    scenario,
    settings: options.set,
    policies: options.policies,
    verify: options.verify,
    axis,
    objectives: options.slo,
    seedsMax: options.seeds,
  }
  const found = await runInLab(session, 'capacity', options, (ports, control) => runCapacity(request, ports, control))
  const result = { ...found, meta: metaSince(startedAt) }
  await markdown?.write(capacityMarkdown(result))
  const { print, paint } = session.console
  print(options.json ? formatJson(result) : formatCapacity(result, paint))
}

export function defineCapacity(program: Command, session: Session): void {
  const command = program
    .command('capacity')
    .summary('the highest load or the smallest fleet that meets an objective')
    .description(
      'Searches a range by halves: the last level that surely meets the objective, the first that surely misses it, and what lies between and cannot be told.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .addOption(
      repeatableOption(
        '--slo <expression>',
        'what shall be met: goodput >= 95% (of every public model), or a figure by its path',
        'none',
      ),
    )
    .addOption(
      new Option(
        '--vary <path=low..high>',
        'what varies, and from where to where; fleet=50%..200% is every entry of the fleet in proportion',
      ).argParser(rangeFlag),
    )
    .addOption(policiesOption())
    .addOption(new Option('--max-seeds <n>', 'seeds of one level at most').argParser(countFlag).default(SEEDS))
    .addOption(setOption())
    .addOption(jobsOption())
    .addOption(queueOption())
    .option('--markdown <file>', 'write the tables as Markdown')
    .addOption(jsonOption('the levels'))
    .addOption(verifyOption())
    .action((scenario: string, options: CapacityOptions & { readonly maxSeeds: number }) =>
      capacityCommand(session, scenario, { ...options, seeds: options.maxSeeds }),
    )
  examples(command, [
    "fleetlab capacity my.yaml --slo 'goodput >= 95%' --vary demand[0].arrivals.load=0.5..4",
    "fleetlab capacity my.yaml --slo 'goodput >= 95%' --vary fleet=25%..200% --policies open,pools",
  ])
}
