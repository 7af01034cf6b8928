/** `fleetlab bound`: what no policy can beat. */
import type { Command } from 'commander'
import { loadWithSettings } from '../../../lab/runs/job.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatBound } from '../../../report/text/evidence/fluid-text.ts'
import { refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { withProgress } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import { examples, jsonOption, policiesOption, seedsOption, setOption } from '../../options.ts'
import type { Session } from '../../session.ts'

interface BoundOptions {
  readonly policies?: readonly string[]
  readonly seeds?: readonly number[]
  readonly set: readonly string[]
  readonly json?: true
}

async function boundCommand(session: Session, scenario: string, options: BoundOptions): Promise<void> {
  const startedAt = performance.now()
  const loaded = await loadWithSettings(scenario, options.set, nodeFiles)
  if (!loaded.ok) return refuse(loaded.error)
  const { boundOf } = await import('../../../evidence/bound/bound.ts')
  const found = await withProgress(session, 'bound', (onProgress) =>
    boundOf(loaded.value, options.policies ?? ['open'], options.seeds ?? [loaded.value.scenario.seed], onProgress),
  )
  if (!found.ok) return refuse(found.error)
  const result = { ...found.value, meta: metaSince(startedAt) }
  const { print, paint } = session.console
  print(options.json ? formatJson(result) : formatBound(result, paint))
}

export function defineBound(program: Command, session: Session): void {
  const command = program
    .command('bound')
    .summary('how much goodput no policy can beat')
    .description(
      'The fluid relaxation of a scenario: the most requests that could be served within the SLO had all been known beforehand, ' +
        'machines been divisible and cool, and every model loaded everywhere. Beside it what policies reach, and a static placement that knew the demand.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .addOption(policiesOption())
    .addOption(seedsOption("the scenario's seed"))
    .addOption(setOption())
    .addOption(jsonOption('the bounds, seed by seed'))
    .action((scenario: string, options: BoundOptions) => boundCommand(session, scenario, options))
  examples(command, [
    'fleetlab bound my.yaml --policies open,pools',
    'fleetlab bound my.yaml --seeds 1-5 --set demand[0].arrivals.load=2 --json',
  ])
}
