/** `fleetlab policies`: what is built in. */
import type { Command } from 'commander'
import { type Parameters, type Policy, SURFACES } from '../../../plug/index.ts'
import { builtinPolicies } from '../../../policy/index.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatTable } from '../../../report/form/table.ts'
import { examples, jsonOption } from '../../options.ts'
import type { Session } from '../../session.ts'

/** `test` that is `open`'s own asks nothing. */
const surfacesOf = (policy: Policy): readonly string[] => [
  ...(policy.test.routesBy === 'nothing' ? [] : ['test']),
  ...(policy.plan === undefined ? [] : ['plan']),
  ...SURFACES.filter((surface) => policy[surface] !== undefined),
]

const parametersText = (parameters: Parameters): string =>
  Object.entries(parameters)
    .map(([name, { default: standard }]) => `${name} ${String(standard)}`)
    .join(', ')

function policiesCommand({ console }: Session, options: { readonly json?: true }): void {
  const rows = builtinPolicies.map((policy) => ({
    name: policy.name,
    max_model_slots: policy.maxModelSlotsDefault,
    surfaces: surfacesOf(policy),
    parameters: policy.parameters ?? {},
    about: policy.about,
  }))
  if (options.json) return console.print(formatJson({ format: 'fleetlab.policies/1', policies: rows }))
  const table = {
    columns: [
      { head: 'policy', align: 'left' as const },
      { head: 'max_model_slots', align: 'right' as const },
      { head: 'surfaces', align: 'left' as const },
      { head: 'parameters', align: 'left' as const },
      { head: 'what it is', align: 'left' as const },
    ],
    rows: rows.map((row) => [
      { text: row.name, tone: 'strong' as const },
      String(row.max_model_slots),
      row.surfaces.join(', '),
      parametersText(row.parameters),
      row.about,
    ]),
  }
  console.print(formatTable(table, console.paint))
}

export function definePolicies(program: Command, session: Session): void {
  const command = program
    .command('policies')
    .summary('the built-in policies')
    .description(
      'Lists the built-in policies. max_model_slots is what a provider gets when its scenario entry is silent.\n' +
        'Parameters and their defaults are set by policy.NAME, such as --set policy.keep=2.\n' +
        "A policy of your own is a TypeScript file with the same interface (import { definePolicy } from 'fleetlab/plug').",
    )
    .addOption(jsonOption('the list'))
    .action((options: { readonly json?: true }) => policiesCommand(session, options))
  examples(command, ['fleetlab policies'])
}
