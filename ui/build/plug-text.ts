/**
 * `fleetlab/plug` as text for the page: a policy that is written there is evaluated from text, and what it imports must be text
 * beside it. The same bundle as the command line puts into a policy's script.
 */
import { resolve } from 'node:path'
import { build, type Plugin } from 'vite'

/** Where the script leaves the plug's exports. */
const PLUG_EXPORTS = 'fleetlabPlug'

export async function plugText(): Promise<string> {
  const built = await build({
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      lib: { entry: resolve('sim/plug/index.ts'), formats: ['iife'], name: PLUG_EXPORTS, fileName: 'plug' },
    },
  })
  const output = Array.isArray(built) ? built[0] : built
  const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined
  if (chunk?.type !== 'chunk') throw new Error('the plug gave no code')
  return chunk.code
}

const NAME = 'virtual:fleetlab-plug'

export function plugAsText(): Plugin {
  let text: Promise<string> | undefined
  return {
    name: 'fleetlab-plug-text',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    async load(id) {
      if (id !== `\0${NAME}`) return null
      text ??= plugText()
      return `export default ${JSON.stringify(await text)}`
    },
  }
}
