/** Files and policies on the server, each once, by content. */
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { keep, removeUnlessKept } from '../files/atomic.ts'
import { attempt } from '../files/attempt.ts'
import { sha256Of } from '../files/snapshot-files.ts'
import type { Client } from './connect.ts'
import { BLOB_KEPT_S, blobKey } from './names.ts'

/** The producer's side: puts each there, and keeps it there for as long as it is wanted. */
export class BlobsSent {
  private readonly sent = new Map<string, () => string>()

  constructor(private readonly client: Client) {}

  /** `text` is asked for when the server lacks it, now or later. */
  async put(sha256: string, text: () => string): Promise<void> {
    if (this.sent.has(sha256)) return
    this.sent.set(sha256, text)
    // Another producer may have brought it.
    if ((await this.client.expire(blobKey(sha256), BLOB_KEPT_S)) === 0) await this.bring(sha256, text)
  }

  /** Brings again what is gone. */
  async refresh(): Promise<void> {
    for (const [sha256, text] of this.sent) {
      if ((await this.client.expire(blobKey(sha256), BLOB_KEPT_S)) === 0) await this.bring(sha256, text)
    }
  }

  private async bring(sha256: string, text: () => string): Promise<void> {
    await this.client.set(blobKey(sha256), gzipSync(text()), 'EX', BLOB_KEPT_S)
  }
}

const UNUSED_MS = 3_600_000

/** The worker's side: a folder of its own, in which each lies under its digest. */
export class BlobsHere {
  private readonly folder: string
  private readonly coming = new Map<string, Promise<string | undefined>>()

  constructor(private readonly client: Client) {
    this.folder = attempt('the folder for temporary files', tmpdir(), () =>
      mkdtempSync(join(tmpdir(), 'fleetlab-worker-')),
    )
    removeUnlessKept(this.folder)
  }

  /** Where it lies; undefined: the server has it no longer. */
  async path(sha256: string): Promise<string | undefined> {
    const path = join(this.folder, sha256)
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
      const now = new Date()
      utimesSync(path, now, now)
      return path
    }
    let fetching = this.coming.get(sha256)
    if (fetching === undefined) {
      fetching = this.fetch(sha256, path).finally(() => this.coming.delete(sha256))
      this.coming.set(sha256, fetching)
    }
    return fetching
  }

  async text(sha256: string): Promise<string | undefined> {
    return this.content(sha256)
  }

  /** While nothing runs: what has not been asked for in an hour. */
  removeUnused(): void {
    const before = Date.now() - UNUSED_MS
    for (const name of readdirSync(this.folder)) {
      const path = join(this.folder, name)
      if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? before) < before) rmSync(path, { force: true })
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
    keep(this.folder)
  }

  private async fetch(sha256: string, path: string): Promise<string | undefined> {
    const text = await this.content(sha256)
    if (text === undefined) return undefined
    attempt('the folder for temporary files', this.folder, () => writeFileSync(path, text))
    return path
  }

  private async content(sha256: string): Promise<string | undefined> {
    const bytes = await this.client.getBuffer(blobKey(sha256))
    if (bytes === null) return undefined
    const text = gunzipSync(bytes).toString('utf8')
    // Another content under this name is none that anybody asked for.
    return sha256Of(text) === sha256 ? text : undefined
  }
}
