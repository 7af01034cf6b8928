/**
 * A Mac of a few lines, for tests of whoever stands on the other side of a coordinator: it answers at once, with as many
 * tokens as it is told, or with an error.
 */
import nacl from 'tweetnacl'
import { WebSocket } from 'ws'
import type { CoordinatorFrame, MacFrame } from '../../../sim/live/wire/frames.ts'

export interface HandMadeMacOptions {
  readonly models: readonly string[]
  /** Of every answer. */
  readonly tokens?: number
  /** Answers every request with this instead. */
  readonly error?: { readonly status_code: number; readonly error: string }
  /** Goes away after so many tokens. */
  readonly diesAfter?: number
  /** Accepts, and says no more. */
  readonly mute?: true
}

const delta = (inner: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta: inner }] })}\n\n`

export class HandMadeMac {
  readonly frames: CoordinatorFrame[] = []
  readonly bodies: unknown[] = []
  readonly #pair = nacl.box.keyPair()
  readonly #socket: WebSocket

  constructor(
    url: string,
    private readonly options: HandMadeMacOptions,
  ) {
    this.#socket = new WebSocket(url)
    this.#socket.on('error', () => {})
    this.#socket.on('open', () => this.#register())
    this.#socket.on('message', (data: Buffer) => this.#heard(JSON.parse(data.toString('utf8')) as CoordinatorFrame))
  }

  leave(): void {
    this.#socket.terminate()
  }

  get #publicKey(): string {
    return Buffer.from(this.#pair.publicKey).toString('base64')
  }

  #send(frame: MacFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  #register(): void {
    this.#send({
      type: 'register',
      hardware: {
        machine_model: 'Mac16,9',
        chip_name: 'Apple M4 Max',
        chip_family: 'M4',
        chip_tier: 'Max',
        memory_gb: 64,
        memory_available_gb: 60,
        cpu_cores: { total: 16, performance: 12, efficiency: 4 },
        gpu_cores: 40,
        memory_bandwidth_gbs: 546,
      },
      models: this.options.models.map((id) => ({ id, size_bytes: 1, model_type: 'x', quantization: '4bit' })),
      backend: 'mlx-swift',
      version: '0.6.3',
      public_key: this.#publicKey,
      encrypted_response_chunks: true,
      privacy_capabilities: {},
      template_hashes: {},
    })
  }

  #heard(frame: CoordinatorFrame): void {
    this.frames.push(frame)
    if (frame.type === 'attestation_challenge') {
      const { nonce } = frame
      const flags = { sip_enabled: true, rdma_disabled: true, template_hashes: {} }
      this.#send({ type: 'attestation_response', nonce, signature: '', public_key: this.#publicKey, ...flags })
    } else if (frame.type === 'inference_request') this.#answer(frame)
  }

  #answer({ request_id, encrypted_body }: Extract<CoordinatorFrame, { type: 'inference_request' }>): void {
    const theirs = Buffer.from(encrypted_body.ephemeral_public_key, 'base64')
    const bytes = Buffer.from(encrypted_body.ciphertext, 'base64')
    const opened = nacl.box.open(bytes.subarray(24), bytes.subarray(0, 24), theirs, this.#pair.secretKey)
    this.bodies.push(JSON.parse(Buffer.from(opened!).toString()))
    const { tokens = 3, error, diesAfter = Infinity, mute } = this.options
    this.#send({ type: 'inference_accepted', request_id })
    if (mute) return
    if (error !== undefined) return this.#send({ type: 'inference_error', request_id, ...error })
    const chunk = (event: string): void => {
      const nonce = nacl.randomBytes(24)
      const box = nacl.box(Buffer.from(event), nonce, theirs, this.#pair.secretKey)
      const ciphertext = Buffer.concat([nonce, box]).toString('base64')
      const encrypted_data = { ephemeral_public_key: this.#publicKey, ciphertext }
      this.#send({ type: 'inference_response_chunk', request_id, encrypted_data })
    }
    chunk(delta({ role: 'assistant', content: '' }))
    for (let token = 0; token < tokens; token++) {
      if (token === diesAfter) {
        // What was written goes out first.
        this.#socket.send('{"type":"models_update","models":[]}', () => this.leave())
        return
      }
      chunk(delta({ content: `t${token} ` }))
    }
    chunk('data: [DONE]\n\n')
    const usage = { prompt_tokens: 1, completion_tokens: tokens }
    this.#send({ type: 'inference_complete', request_id, usage })
  }
}
