/** `fleetlab schema`: the scenario format as JSON Schema, for editors, and the rows of the trace as a page. */
import type { Command } from 'commander'
import { formatJson } from '../../../report/form/json.ts'
import { tracePage } from '../../../report/files/trace-page.ts'
import { scenarioJsonSchema } from '../../../scenario/index.ts'
import { examples } from '../../options.ts'
import type { Session } from '../../session.ts'

export function defineSchema(program: Command, session: Session): void {
  const command = program
    .command('schema')
    .summary('the scenario format as JSON Schema')
    .description('Prints the JSON Schema of scenario files, for completion and hints in an editor.')
    .option('--trace', 'the rows of trace.fleet and their columns instead, as Markdown')
    .action(({ trace }: { readonly trace?: boolean }) =>
      session.console.print(trace === true ? tracePage() : formatJson(scenarioJsonSchema())),
    )
  examples(command, ['fleetlab schema > scenario.schema.json', 'fleetlab schema --trace'])
}
