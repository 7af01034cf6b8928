/** What a Mac makes of a frame from the coordinator: one of the messages of the protocol, or a complaint about it. */
import { z } from 'zod'
import { fail, ok, type Result } from '../../base/result.ts'
import type { CoordinatorFrame } from './frames.ts'

const sealed = z.looseObject({ ephemeral_public_key: z.string(), ciphertext: z.string() })
const id = z.string().min(1)

const SCHEMAS: { readonly [type in CoordinatorFrame['type']]: z.ZodType<Extract<CoordinatorFrame, { type: type }>> } = {
  trust_status: z.looseObject({
    type: z.literal('trust_status'),
    trust_level: z.string(),
    status: z.string(),
    reason: z.string().optional(),
  }),
  desired_models: z.looseObject({
    type: z.literal('desired_models'),
    models: z
      .array(z.looseObject({ model_name: z.string(), desired_build: id, previous_build: z.string().optional() }))
      // An empty list is written as null by programs in Go.
      .nullable()
      .transform((models) => models ?? []),
  }),
  attestation_challenge: z.looseObject({ type: z.literal('attestation_challenge'), nonce: id, timestamp: z.string() }),
  runtime_status: z.looseObject({
    type: z.literal('runtime_status'),
    verified: z.boolean(),
    mismatches: z
      .array(z.looseObject({ component: z.string(), expected: z.string(), got: z.string() }))
      .nullish()
      .transform((mismatches) => mismatches ?? []),
  }),
  inference_request: z.looseObject({ type: z.literal('inference_request'), request_id: id, encrypted_body: sealed }),
  cancel: z.looseObject({ type: z.literal('cancel'), request_id: id }),
  load_model: z.looseObject({ type: z.literal('load_model'), model_id: id }),
  prefetch_model: z.looseObject({ type: z.literal('prefetch_model'), model_id: id }),
}

const isKnown = (type: unknown): type is CoordinatorFrame['type'] =>
  typeof type === 'string' && Object.hasOwn(SCHEMAS, type)

/** Longer names of types are cut: they are shown. */
const NAME_MAX = 40

export function hearFrame(text: string): Result<CoordinatorFrame, string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return fail('a frame that is not JSON')
  }
  const type = typeof json === 'object' && json !== null ? (json as { readonly type?: unknown }).type : undefined
  if (!isKnown(type)) {
    return fail(
      typeof type === 'string' ? `a frame of the unknown type "${type.slice(0, NAME_MAX)}"` : 'a frame without a type',
    )
  }
  const parsed = SCHEMAS[type].safeParse(json)
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0]
  return fail(`a frame ${type} whose ${issue?.path.join('.') || 'content'} is not what it should be`)
}
