/**
 * docs/worlds.md from the scenarios of scenarios/worlds and what `check` said of them: what was published against what is
 * simulated, figure by figure. Pure, so that a test can hold the page to the files without a simulation.
 */
import type { CheckedExpectation } from '../../sim/lab/check/check-result.ts'
import type { LoadedScenario } from '../../sim/scenario/index.ts'
import { assumedLine } from '../../sim/report/text/assumed-text.ts'
import { boundText, unitFor } from '../../sim/report/text/check/bound-text.ts'
import { formatValue } from '../../sim/report/form/unit.ts'

/** One file, and its expectations in the order of the file. */
export interface World {
  readonly file: string
  readonly loaded: LoadedScenario
  readonly expectations: readonly CheckedExpectation[]
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

const whatOf = ({ metric, row, where, over, policy }: CheckedExpectation, hasArms: boolean): string => {
  const conditions = Object.entries(where ?? {}).map(([column, value]) => `${column}=${value}`)
  const what = metric ?? `rows ${row ?? ''} with ${conditions.join(', ')}`
  const base = over === undefined ? '' : ` of ${over.length > 2 ? 'all of them' : over.join(' + ')}`
  return `\`${what}\`${base}${hasArms ? ` (${policy})` : ''}`
}

function rowOf(expectation: CheckedExpectation, hasArms: boolean): string {
  const { verdict, published, value } = expectation
  const simulated = value === null ? 'no data' : formatValue(value, unitFor(expectation))
  const met = verdict === 'met' ? 'yes' : `no: ${published?.misses?.why ?? 'not yet explained'}`
  return `| ${[whatOf(expectation, hasArms), boundText(expectation), simulated, met].map(cell).join(' | ')} |`
}

const metOf = (list: readonly CheckedExpectation[]): string =>
  `${list.filter(({ verdict }) => verdict === 'met').length} of ${list.length}`

function section({ file, loaded, expectations }: World): readonly string[] {
  const { scenario, assumed } = loaded
  const hasArms = scenario.policies.length > 0
  return [
    `## ${scenario.name.replace(/^world-/, '')}`,
    '',
    scenario.about,
    '',
    `\`${file}\`, coordinator \`${scenario.coordinator.preset}\`, engine \`${scenario.engine}\`: ${metOf(expectations)} figures met.`,
    '',
    '| figure | published | simulated | met |',
    '|---|---|---|---|',
    ...expectations.map((expectation) => rowOf(expectation, hasArms)),
    '',
    'Assumed:',
    '',
    ...assumed.map((input) => `- ${assumedLine(input)}`),
    '',
  ]
}

export function worldsPage(worlds: readonly World[]): string {
  const all = worlds.flatMap(({ expectations }) => expectations)
  return [
    '# Worlds: published against simulated',
    '',
    'Written by `npm run study:worlds`. A policy is as good as the world it is put into. These are the regimes of the coordinator that really',
    'existed, by date, each on fleet, demand and faults as far as they are published, and every figure that operators published about them.',
    'No constant of the Mac model was moved for any of them. What nobody published is assumed, and named; where a figure is missed, the file',
    'says so with the value that comes out instead, and `npx fleetlab check scenarios/worlds` fails when that value drifts or the miss is gone.',
    '',
    `**${metOf(all)} published figures are met.** Simulated values are means over the seeds of each file, of quantiles medians.`,
    '',
    '| world | figures met |',
    '|---|---|',
    ...worlds.map(
      ({ loaded, expectations }) => `| ${loaded.scenario.name.replace(/^world-/, '')} | ${metOf(expectations)} |`,
    ),
    '',
    ...worlds.flatMap(section),
  ].join('\n')
}
