/** `fleetlab sweep`: a grid of runs. */
import { type Command, Option } from 'commander'
import type { Axis } from '../../../lab/compare/sweep.ts'
import { heatMapsSvg } from '../../../report/picture/heat-map-svg.ts'
import { formatHeatMaps } from '../../../report/text/compare/heat-map-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatSweep, sweepCsv, sweepMarkdown } from '../../../report/text/compare/sweep-text.ts'
import { InterruptedError, refuse } from '../../exit.ts'
import { varyFlag } from '../../flags.ts'
import { runsIn } from '../../files/journal.ts'
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
  seedsOption,
  setOption,
  verifyOption,
} from '../../options.ts'
import type { Session } from '../../session.ts'

interface SweepOptions extends ExperimentOptions {
  readonly vary: readonly Axis[]
  readonly policies?: readonly string[]
  readonly seeds?: readonly number[]
  readonly csv?: string
  readonly parquet?: string
  readonly svg?: string
  readonly heatMap?: true
  readonly markdown?: string
  readonly metric: readonly string[]
}

async function sweepCommand(session: Session, scenario: string, options: SweepOptions): Promise<void> {
  const startedAt = performance.now()
  if (options.vary.length === 0) refuse('name a setting to vary, such as --vary demand[0].arrivals.load=0.5,1,2')
  const { outputs } = session
  const csv = outputs.fileIfGiven('--csv', options.csv)
  const parquet = outputs.fileIfGiven('--parquet', options.parquet)
  const svg = outputs.fileIfGiven('--svg', options.svg)
  const markdown = outputs.fileIfGiven('--markdown', options.markdown)
  // Loaded only now: the lab's statistics take longer to load than a small run takes.
  const { runSweep } = await import('../../../lab/compare/experiment.ts')
  const request = {
    scenario,
    settings: options.set,
    policies: options.policies,
    seeds: options.seeds,
    verify: options.verify,
    axes: options.vary,
    metrics: options.metric,
  }
  const swept = await runInLab(session, 'sweep', options, (ports, control) => runSweep(request, ports, control)).catch(
    (error: unknown) => stoppedWith(error, session.signal, options.resume),
  )
  const result = { ...swept, meta: metaSince(startedAt) }
  await csv?.write(sweepCsv(result))
  if (parquet !== undefined)
    await parquet.write((await import('../../../report/files/sweep-parquet.ts')).sweepParquet(result))
  await svg?.write(heatMapsSvg(result, options.metric))
  await markdown?.write(sweepMarkdown(result, options.metric))
  const { print, paint, width } = session.console
  if (options.json) return print(formatJson(result))
  const maps = options.heatMap ? `\n\n${formatHeatMaps(result, width, paint, options.metric)}` : ''
  print(`${formatSweep(result, paint, options.metric)}${maps}`)
}

/** What a journal has outlives whatever stopped the sweep. */
function stoppedWith(error: unknown, signal: AbortSignal, folder: string | undefined): never {
  const kept = folder === undefined ? 0 : runsIn(folder)
  if (!signal.aborted || kept === 0) throw error
  const runs = kept === 1 ? 'one run is' : `${kept} runs are`
  throw new InterruptedError(`${runs} kept in ${folder}, and the same command goes on from there`)
}

export function defineSweep(program: Command, session: Session): void {
  const command = program
    .command('sweep')
    .summary('a grid of runs')
    .description('Runs every combination of the varied settings under every policy and seed.')
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .addOption(
      new Option('--vary <path=v1,v2,…>', 'a setting and its values; repeat it for a grid of several settings')
        .argParser(varyFlag)
        .default([], 'none'),
    )
    .addOption(policiesOption())
    .addOption(seedsOption("the scenario's seed"))
    .addOption(setOption())
    .addOption(jobsOption())
    .addOption(queueOption())
    .addOption(
      repeatableOption(
        '--metric <path>',
        'a figure to show instead of the usual ones, such as pool_moves',
        'goodput, 429 and refusals beside an idle Mac',
      ),
    )
    .option(
      '--resume <dir>',
      'keep every run in this folder as it ends, and do none again that is there: the same command goes on where it was stopped',
    )
    .option('--heat-map', 'also print the grid as maps: the first setting down, the second across')
    .option('--svg <file>', 'write the maps as SVG')
    .option('--csv <file>', 'write every metric of every cell as CSV')
    .option('--parquet <file>', 'write the same as Parquet, for notebooks')
    .option('--markdown <file>', 'write the tables as Markdown')
    .addOption(jsonOption('the grid'))
    .addOption(verifyOption())
    .action((scenario: string, options: SweepOptions) => sweepCommand(session, scenario, options))
  examples(command, [
    'fleetlab sweep my.yaml --vary demand[0].arrivals.load=0.5,1,2 --csv load.csv',
    `fleetlab sweep my.yaml --vary fleet[0].count=2,4,8 --metric 'models["gpt-oss-20b"].ttft_ms.p95'`,
    'fleetlab sweep my.yaml --vary demand[0].arrivals.trace=monday.csv,tuesday.csv --vary policy.keep=0,2,4 --svg map.svg',
    'fleetlab sweep my.yaml --vary demand[0].arrivals.load=0.5,1,2 --seeds 1-20 --resume sweep-load --queue redis://localhost:6379',
    'fleetlab sweep my.yaml --vary max_model_slots=1,2,3 --vary coordinator.WARM_POOL_INTERVAL=5s,10s --seeds 1-5',
  ])
}
