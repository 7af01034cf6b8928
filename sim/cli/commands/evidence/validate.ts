/** `fleetlab validate`: the simulator against queueing theory, its kernel alone and as a whole. */
import type { Command } from 'commander'
import type { ValidationForm } from '../../../evidence/validate/validate.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatValidation } from '../../../report/text/evidence/validate-text.ts'
import { EXIT } from '../../exit.ts'
import { withProgress } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import { examples, jobsOption, jsonOption } from '../../options.ts'
import type { Session } from '../../session.ts'

interface ValidateOptions {
  readonly json?: true
  readonly short?: true
  readonly jobs: number
}

async function validateCommand(session: Session, options: ValidateOptions): Promise<void> {
  const startedAt = performance.now()
  // Loaded only now: the lab's statistics take longer to load than a small run takes.
  const { collectValidation, validationJobs } = await import('../../../evidence/validate/validate.ts')
  const form: ValidationForm = options.short ? 'short' : 'long'
  const results = await withProgress(session, 'validate', (onProgress) =>
    session.validate(validationJobs(form), options.jobs, onProgress),
  )
  const result = { ...collectValidation(form, results), meta: metaSince(startedAt) }
  const { print, paint } = session.console
  print(options.json ? formatJson(result) : formatValidation(result, paint))
  session.finish(result.passed ? EXIT.good : EXIT.failed)
}

export function defineValidate(program: Command, session: Session): void {
  const command = program
    .command('validate')
    .summary('the simulator against queueing theory')
    .description(
      'Runs M/M/c, M/G/1, M/D/1 and M/M/c/K queues on the kernel, and M/M/c, M/D/c and M/G/1 queues made of demand,\n' +
        'coordinator, messages and Macs (`stack/...`), and compares them with their closed forms.\n' +
        'A row passes when theory lies inside the 99 % interval and the interval is as narrow as promised.',
    )
    .option('--short', 'wider intervals, within seconds, instead of 1 % (3 % for the whole)')
    .addOption(jobsOption())
    .addOption(jsonOption('the rows'))
    .action((options: ValidateOptions) => validateCommand(session, options))
  examples(command, ['fleetlab validate --short', 'fleetlab validate --json > validate.json'])
}
