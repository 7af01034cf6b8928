/** BurstGPT: seconds since the start of the recording; `Elapsed time` is the whole answer's, not the first token's. */
import { hasAll, type LogFormat } from '../reading/log-format.ts'
import { countAt, spanAt, textAt } from '../reading/row.ts'

export const burstGpt: LogFormat = {
  name: 'burstgpt',
  title: 'BurstGPT',
  sniff: (sample) => (hasAll(sample, 'Timestamp', 'Model', 'Request tokens', 'Response tokens') ? 1 : 0),
  open(_, notes) {
    notes.assume('0 response tokens mean that the request failed, as the authors say')
    return {
      time: { unit: 's', clock: 'relative' },
      read(row) {
        const outputTokens = countAt(row, 'Response tokens')
        const failed = outputTokens === 0
        return {
          time: row.cell('Timestamp'),
          model: textAt(row, 'Model'),
          promptTokens: countAt(row, 'Request tokens'),
          outputTokens: failed ? null : outputTokens,
          session: textAt(row, 'Session ID'),
          duration_us: spanAt(row, 's', 'Elapsed time'),
          ending: failed ? 'failed' : 'served',
        }
      },
    }
  },
}
