/** fleetlab's own trace: seconds, and what more `fleetlab import` writes of a request. */
import { hasAll, type LogFormat } from '../reading/log-format.ts'
import type { Ending } from '../reading/request.ts'
import { ENDINGS } from '../reading/request.ts'
import { countAt, textAt, truthAt } from '../reading/row.ts'

const endingOf = (text: string | null | undefined): Ending => ENDINGS.find((each) => each === text) ?? 'unknown'

export const own: LogFormat = {
  name: 'fleetlab',
  title: "fleetlab's own trace",
  sniff: (sample) => (hasAll(sample, 'arrival_s', 'prompt_tokens', 'output_tokens') ? 1 : 0),
  open: () => ({
    time: { unit: 's', clock: 'tell' },
    read: (row) => ({
      time: row.cell('arrival_s'),
      model: textAt(row, 'model'),
      promptTokens: countAt(row, 'prompt_tokens'),
      outputTokens: countAt(row, 'output_tokens'),
      estimatedPromptTokens: countAt(row, 'estimated_prompt_tokens'),
      maxTokens: countAt(row, 'max_tokens'),
      tools: truthAt(row, 'tools'),
      vision: truthAt(row, 'vision'),
      stream: truthAt(row, 'stream'),
      session: textAt(row, 'cache_key'),
      ending: endingOf(textAt(row, 'recorded')),
    }),
  }),
}
