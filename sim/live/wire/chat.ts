/**
 * The body of a chat request and the events of its answer, in the shape of OpenAI's chat completions: what the client sends,
 * what the coordinator passes on sealed, what a Mac streams back.
 *
 * A client of ours may tell the Mac how long the answer is to be (`metadata`), which no real client can: it is how a run with
 * a real coordinator in the middle serves the same requests as a run without. The coordinator carries the body and does not
 * look at it. Without it the Mac draws.
 */
import { z } from 'zod'
import { byteLength } from './bytes.ts'
import { tokensOf } from './filler.ts'

const part = z.union([
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.string() }),
])
const count = z.number().int().min(1)

const chatBody = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ content: z.union([z.string(), z.array(part), z.null()]).optional() })).min(1),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})

/** What a Mac is told of a request once it has opened it. */
export interface OpenedChat {
  readonly model: string
  readonly promptTokens: number
  readonly images: number
  /** undefined: the client gave none. */
  readonly maxTokens: number | undefined
  /** What a client of ours wants the answer to be; undefined: it is drawn. */
  readonly outputTokens: number | undefined
  /** What a client of ours calls its request; undefined: it says nothing. */
  readonly from: string | undefined
}

/** The keys under `metadata`, whose values are text in OpenAI's interface. */
const PROMPT_KEY = 'fleetlab_prompt_tokens'
const OUTPUT_KEY = 'fleetlab_output_tokens'
const FROM_KEY = 'fleetlab_request'

/** `from`: its own name for the request; undefined: nobody asks. */
export function chatMetadata(
  truth: { readonly promptTokens: number; readonly outputTokens: number },
  from?: string,
): { readonly [key: string]: string } {
  return {
    [PROMPT_KEY]: `${truth.promptTokens}`,
    [OUTPUT_KEY]: `${truth.outputTokens}`,
    ...(from === undefined ? {} : { [FROM_KEY]: from }),
  }
}

/** undefined: not a chat body. */
export function openChat(text: string): OpenedChat | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = chatBody.safeParse(json)
  if (!parsed.success) return undefined
  const { model, messages, max_tokens, max_completion_tokens, metadata } = parsed.data
  const from = metadata?.[FROM_KEY]
  let bytes = 0
  let images = 0
  for (const { content } of messages) {
    if (typeof content === 'string') bytes += byteLength(content)
    else
      for (const piece of content ?? []) {
        if (typeof piece['text'] === 'string') bytes += byteLength(piece['text'])
        else if (piece.type.startsWith('image') || piece.type.startsWith('video')) images += 1
      }
  }
  return {
    model,
    promptTokens: toldCount(metadata, PROMPT_KEY) ?? tokensOf(bytes),
    images,
    maxTokens: max_tokens ?? max_completion_tokens ?? undefined,
    outputTokens: toldCount(metadata, OUTPUT_KEY),
    from: typeof from === 'string' ? from : undefined,
  }
}

function toldCount(metadata: { readonly [key: string]: unknown } | null | undefined, key: string): number | undefined {
  const told = metadata?.[key]
  return typeof told === 'string' && /^[1-9]\d{0,8}$/.test(told) ? Number(told) : undefined
}

interface ChunkOf {
  readonly id: string
  readonly model: string
  /** Seconds since 1970. */
  readonly created: number
}

const event = ({ id, model, created }: ChunkOf, choice: string, more = ''): string =>
  `data: {"id":"chatcmpl-${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},"choices":[${choice}]${more}}\n\n`

/** The first chunk of every answer: sent before the prompt is read, it carries a role and no text. */
export const roleChunk = (of: ChunkOf): string =>
  event(of, '{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}')

export const textChunk = (of: ChunkOf, text: string): string =>
  event(of, `{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}`)

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

/** The last chunk but `DONE_CHUNK`. `length`: the answer ended at max_tokens. */
export const finishChunk = (
  of: ChunkOf,
  reason: 'stop' | 'length',
  { promptTokens, completionTokens }: Usage,
): string =>
  event(
    of,
    `{"index":0,"delta":{},"finish_reason":"${reason}"}`,
    `,"usage":{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},"total_tokens":${promptTokens + completionTokens}}`,
  )

export const DONE_CHUNK = 'data: [DONE]\n\n'
