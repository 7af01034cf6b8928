/** Azure's public LLM inference traces of 2023 and 2024: three columns, times as text, of 100 ns in 2023. */
import { hasAll, type LogFormat } from '../reading/log-format.ts'
import { countAt } from '../reading/row.ts'

export const azure: LogFormat = {
  name: 'azure',
  title: 'Azure LLM inference trace (2023, 2024)',
  sniff: (sample) => (hasAll(sample, 'TIMESTAMP', 'ContextTokens', 'GeneratedTokens') ? 1 : 0),
  open(_, notes) {
    notes.assume('the trace says neither models nor failures: every request is taken as one that was served')
    return {
      time: { unit: 'tell', clock: 'epoch', utcBecause: 'the edition of 2024 writes +00:00' },
      read: (row) => ({
        time: row.cell('TIMESTAMP'),
        promptTokens: countAt(row, 'ContextTokens'),
        outputTokens: countAt(row, 'GeneratedTokens'),
        ending: 'unknown',
      }),
    }
  },
}
