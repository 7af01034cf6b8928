/** `fleetlab policies`: what is built in. */
import type { Command } from 'commander'
import { builtinPolicies } from '../policy/index.ts'
import { formatJson } from '../report/json.ts'
import { formatTable } from '../report/table.ts'
import { examples, jsonOption } from './options.ts'
import type { Session } from './session.ts'

function policiesCommand({ console }: Session, options: { readonly json?: true }): void {
  const rows = builtinPolicies.map(({ name, about, maxModelSlotsDefault }) => ({
    name,
    max_model_slots: maxModelSlotsDefault,
    about,
  }))
  if (options.json) return console.print(formatJson({ format: 'fleetlab.policies/1', policies: rows }))
  const table = {
    columns: [
      { head: 'policy', align: 'left' as const },
      { head: 'max_model_slots', align: 'right' as const },
      { head: 'what it is', align: 'left' as const },
    ],
    rows: rows.map((row) => [{ text: row.name, tone: 'strong' as const }, String(row.max_model_slots), row.about]),
  }
  console.print(formatTable(table, console.paint))
}

export function definePolicies(program: Command, session: Session): void {
  const command = program
    .command('policies')
    .summary('the built-in policies')
    .description(
      'Lists the built-in policies. max_model_slots is what a provider gets when its scenario entry is silent.\n' +
        "A policy of your own is a TypeScript file with the same interface (import { definePolicy } from 'fleetlab/plug').",
    )
    .addOption(jsonOption('the list'))
    .action((options: { readonly json?: true }) => policiesCommand(session, options))
  examples(command, ['fleetlab policies'])
}
