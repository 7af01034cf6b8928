/** `fleetlab calibrate`: the Mac model against every published measurement, and against the report that is committed. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { CalibrateResult, CommittedRow } from '../../../evidence/calibrate/calibrate.ts'
import { calibrationMarkdown, formatCalibration, formatMoved } from '../../../report/text/evidence/calibrate-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { EXIT, refuse } from '../../exit.ts'
import { metaSince } from '../../meta.ts'
import { examples, jsonOption } from '../../options.ts'
import { packageRoot } from '../../files/package-root.ts'
import type { Session } from '../../session.ts'

const REPORT = 'calibration.md'
const FIGURES = 'calibration.json'

interface CalibrateOptions {
  readonly json?: true
  readonly write?: string
}

function committed(): readonly CommittedRow[] {
  const path = join(packageRoot(), 'docs', FIGURES)
  if (!existsSync(path)) refuse(`${path} is missing; 'fleetlab calibrate --write docs' makes it`)
  return (JSON.parse(readFileSync(path, 'utf8')) as CalibrateResult).rows
}

async function calibrateCommand(session: Session, options: CalibrateOptions): Promise<void> {
  const startedAt = performance.now()
  const { calibrate, movedRows } = await import('../../../evidence/calibrate/calibrate.ts')
  const result = calibrate()
  const { print, paint } = session.console
  if (options.write !== undefined) {
    const folder = session.outputs.folder('--write', options.write, [REPORT, FIGURES])
    folder.write(REPORT, calibrationMarkdown(result))
    folder.write(FIGURES, `${formatJson(result)}\n`)
    const names = await folder.commit()
    if (options.json) print(formatJson({ ...result, moved: [], meta: metaSince(startedAt) }))
    else print(`${options.write}: wrote ${names.join(' and ')}, ${result.rows.length} rows`)
    return session.finish(EXIT.good)
  }
  const moved = movedRows(committed(), result)
  if (options.json) {
    print(formatJson({ ...result, moved: moved.map(({ id }) => id), meta: metaSince(startedAt) }))
  } else {
    print(`${formatCalibration(result, paint)}\n\n${formatMoved(moved, result.rows.length, paint)}`)
  }
  session.finish(moved.length === 0 ? EXIT.good : EXIT.failed)
}

export function defineCalibrate(program: Command, session: Session): void {
  const command = program
    .command('calibrate')
    .summary('the Mac model against published measurements')
    .description(
      'Plays every published measurement of a Mac on the model and shows the error of each; misses stay in, with the reason.\n' +
        'Exits with 1 and names the rows when any of them differs from the committed report (docs/calibration.md).',
    )
    .option('--write <folder>', 'write the report and its figures into a folder instead of comparing')
    .addOption(jsonOption('the rows'))
    .action((options: CalibrateOptions) => calibrateCommand(session, options))
  examples(command, ['fleetlab calibrate', 'fleetlab calibrate --json > calibrate.json'])
}
