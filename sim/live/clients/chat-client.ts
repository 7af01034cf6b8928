/**
 * One chat request to a coordinator's HTTP interface, streaming, and what of its answer a client can see: that it was refused and why,
 * the first text, the end, that the connection broke. An answer begins with its first text: a chunk that carries a role alone
 * says nothing.
 */
import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { createParser } from 'eventsource-parser'
import { z } from 'zod'

/** Called in this order at most once each: `named`, `began`, then one of the others. */
export interface ChatListener {
  /** The name that the answer bears, before its first text. */
  named(name: string): void
  began(): void
  /** `completionTokens`: by the coordinator's account of it, else the chunks with text. */
  completed(completionTokens: number): void
  /** Refused before anything was said. */
  refused(refusal: ChatRefusal): void
  /** Something broke, before the answer or in the middle of it. */
  broke(): void
}

export interface ChatRefusal {
  readonly status: number
  /** The coordinator's word for it, such as `machine_busy`. */
  readonly reason: string
  /** -1: it named no time. */
  readonly retryAfter_s: number
}

export interface ChatTarget {
  readonly url: URL
  readonly key: string
  readonly agent: Agent
}

export interface ChatCall {
  /** Closes the connection: nothing is heard of it any more. */
  hangUp(): void
}

const chunk = z.looseObject({
  id: z.string().optional(),
  choices: z.array(z.looseObject({ delta: z.looseObject({ content: z.string().nullish() }).optional() })).optional(),
  usage: z.looseObject({ completion_tokens: z.number() }).nullish(),
  error: z.looseObject({ message: z.string().optional(), code: z.unknown().optional() }).optional(),
})

const refusal = z.looseObject({
  error: z.looseObject({ code: z.unknown().optional(), type: z.unknown().optional() }).optional(),
})

/** Of a refusal; beyond it nobody reads on. */
const BODY_CHARACTERS_MAX = 65_536
const BAD_GATEWAY = 502

export function askChat({ url, key, agent }: ChatTarget, body: string, heard: ChatListener): ChatCall {
  let over = false
  let began = false
  /** Whatever comes after the end is nobody's. */
  const end = (tell: () => void): void => {
    if (over) return
    over = true
    tell()
  }
  const broke = (): void => end(() => heard.broke())
  const begin = (): void => {
    if (over || began) return
    began = true
    heard.began()
  }
  const call: ClientRequest = httpRequest(url, {
    method: 'POST',
    agent,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'content-length': Buffer.byteLength(body),
    },
  })
  call.on('error', broke)
  call.on('response', (response: IncomingMessage) => {
    const { statusCode = BAD_GATEWAY } = response
    response.setEncoding('utf8')
    response.on('error', broke)
    if (statusCode === 200) listen(response)
    else refuse(response, statusCode)
  })
  call.end(body)

  function refuse(response: IncomingMessage, status: number): void {
    let text = ''
    response.on('data', (piece: string) => {
      if (text.length < BODY_CHARACTERS_MAX) text += piece
    })
    response.on('close', () => {
      const reason = reasonIn(text)
      const after = Number(response.headers['retry-after'] ?? Number.NaN)
      const retryAfter_s = Number.isFinite(after) && after >= 0 ? after : -1
      end(() => heard.refused({ status, reason, retryAfter_s }))
    })
  }

  function listen(response: IncomingMessage): void {
    let pieces = 0
    let counted: number | undefined
    const parser = createParser({
      onEvent({ data }) {
        if (over) return
        if (data === '[DONE]') return end(() => heard.completed(counted ?? pieces))
        const parsed = chunk.safeParse(jsonOf(data))
        if (!parsed.success) return broke()
        const { id, choices = [], usage, error } = parsed.data
        if (error !== undefined) return broke()
        if (usage !== null && usage !== undefined) counted = usage.completion_tokens
        if (choices.some(({ delta }) => (delta?.content ?? '') !== '')) {
          pieces += 1
          if (!began && id !== undefined) heard.named(id)
          begin()
        }
      },
    })
    response.on('data', (piece: string) => parser.feed(piece))
    response.on('close', broke)
  }

  return {
    hangUp() {
      over = true
      call.destroy()
    },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const wordOf = (code: unknown): string | undefined =>
  typeof code === 'string' && code !== '' ? code.slice(0, 100) : undefined

function reasonIn(text: string): string {
  const parsed = refusal.safeParse(jsonOf(text))
  const error = parsed.success ? parsed.data.error : undefined
  return wordOf(error?.code) ?? wordOf(error?.type) ?? 'unnamed'
}
