/**
 * Mooncake and Qwen-Bailian traces: lengths, and a hash for each block of the prompt that equal prefixes share. Blocks are
 * of 512 tokens in the one and of 16 in the other, which the rows themselves tell: the number of hashes is the prompt over
 * the block, rounded up.
 */
import { hasAll, type LogFormat, type LogReader, type Notes, type Sample } from '../reading/log-format.ts'
import { countAt, type LogRow, textAt } from '../reading/row.ts'
import { SeenBlocks } from './prefix-cache.ts'

const BLOCKS = [512, 16] as const

const hashesOf = (row: LogRow): readonly unknown[] | undefined => {
  const cell = row.cell('hash_ids')
  return Array.isArray(cell) ? cell : undefined
}

/** Tokens to a block, when all rows of the sample agree. */
function blockOf(sample: Sample): number | undefined {
  const rows = sample.rows.flatMap((row) => {
    const hashes = hashesOf(row)
    const prompt = countAt(row, 'input_length')
    return hashes === undefined || typeof prompt !== 'number' || hashes.length === 0 ? [] : [{ prompt, hashes }]
  })
  if (rows.length === 0) return undefined
  return BLOCKS.find((block) =>
    rows.every(({ prompt, hashes }) => Math.abs(Math.ceil(prompt / block) - hashes.length) <= 1),
  )
}

function open(sample: Sample, notes: Notes, time: LogReader['time']): LogReader {
  const block = blockOf(sample)
  const cache = block === undefined ? undefined : new SeenBlocks(block)
  if (block !== undefined) notes.find(`hashes of blocks of ${block} tokens`)
  else if (sample.fields.has('hash_ids'))
    notes.assume('the hashes fit blocks of neither 512 nor 16 tokens: prefixes are not read')
  return {
    time,
    read(row) {
      const promptTokens = countAt(row, 'input_length')
      const hashes = hashesOf(row)
      const knows = cache !== undefined && hashes !== undefined && typeof promptTokens === 'number'
      return {
        time: row.cell('timestamp'),
        promptTokens,
        outputTokens: countAt(row, 'output_length'),
        session: textAt(row, 'chat_id'),
        cachedTokens: knows ? cache.hit(hashes, promptTokens) : undefined,
        ending: 'unknown',
      }
    },
    end() {
      if (cache?.forgot === true)
        notes.assume(`prefixes not seen again within ${cache.capacity} blocks count as forgotten`)
    },
  }
}

const looksAlike = (sample: Sample): boolean => hasAll(sample, 'timestamp', 'input_length', 'output_length')
const QWEN_FIELDS = ['chat_id', 'parent_chat_id', 'turn'] as const

export const mooncake: LogFormat = {
  name: 'mooncake',
  title: 'Mooncake trace',
  sniff: (sample) => (looksAlike(sample) && blockOf(sample) !== 16 ? 0.9 : 0),
  open: (sample, notes) => open(sample, notes, { unit: 'ms', clock: 'relative' }),
}

export const qwen: LogFormat = {
  name: 'qwen',
  title: 'Qwen-Bailian trace',
  sniff(sample) {
    if (!looksAlike(sample)) return 0
    return QWEN_FIELDS.some((field) => sample.fields.has(field)) || blockOf(sample) === 16 ? 0.95 : 0
  },
  open(sample, notes) {
    // Whole numbers may be either; with decimals they are no milliseconds.
    const hasDecimals = sample.rows.some((row) => {
      const time = row.cell('timestamp')
      return typeof time === 'number' ? !Number.isInteger(time) : typeof time === 'string' && /[.,]\d*[1-9]/.test(time)
    })
    if (hasDecimals) notes.assume('times have decimals, so they are seconds; --unit says otherwise')
    return open(sample, notes, { unit: hasDecimals ? 's' : 'tell', clock: 'relative' })
  },
}
