/** `fleetlab schema`: the scenario format as JSON Schema, for editors. */
import type { Command } from 'commander'
import { formatJson } from '../report/json.ts'
import { scenarioJsonSchema } from '../scenario/index.ts'
import { examples } from './options.ts'
import type { Session } from './session.ts'

export function defineSchema(program: Command, session: Session): void {
  const command = program
    .command('schema')
    .summary('the scenario format as JSON Schema')
    .description('Prints the JSON Schema of scenario files, for completion and hints in an editor.')
    .action(() => session.console.print(formatJson(scenarioJsonSchema())))
  examples(command, ['fleetlab schema > scenario.schema.json'])
}
