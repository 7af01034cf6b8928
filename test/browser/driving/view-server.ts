/** `fleetlab view` as a user starts it: the built command, on any free port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const COMMAND = 'dist/cli/fleetlab.js'

export interface ViewServer {
  readonly url: string
  close(): void
}

export async function viewServer(results: readonly string[] = []): Promise<ViewServer> {
  const child = spawn(process.execPath, [COMMAND, 'view', '--port', '0', ...results], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const url = /http:\/\/\S+/.exec(said.toString())?.[0]
  if (url === undefined) throw new Error(`fleetlab view said no address: ${said.toString()}`)
  return { url, close: () => void child.kill('SIGINT') }
}
