/**
 * One configuration for everything that is built or tested: `--mode cli` bundles the command line and its worker for
 * Node, `--mode ui` the dashboard (static, from any folder of any host), `--mode summary` and `--mode look` the tools
 * that make its first visit and its pictures, `--mode bench` bundles the benchmarks, `--mode mutation` the mutation run,
 * `--mode slow` the slow tier's, `--mode study` the studies, `--mode pages` what follows README and docs, and Vitest reads
 * `test`.
 */
import { builtinModules } from 'node:module'
import type { UserConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import { lawOfSources } from './sim/cli/checking/law-of-sources.ts'
import { plugAsText } from './ui/build/plug-text.ts'
import { siteInPlace, versionedFolder } from './ui/build/put-in-place.ts'
import { shippedScenarios } from './ui/build/shipped-scenarios.ts'

const ON_DISK = [
  'vite',
  'tinypool',
  'bullmq',
  'ioredis',
  'simjs',
  '@doublewordai/inference-lab',
  'playwright-core',
  'vitest',
]

/**
 * What Node resolves by itself at run time: its own modules, the bundler that user policies need, worker threads, which
 * find their files beside themselves, the yardstick, and what drives a browser. All else goes into the bundle: hundreds of
 * small modules would otherwise be looked up at every start of the command line.
 */
const external = [
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
  ...ON_DISK.flatMap((name) => [name, new RegExp(`^${name}/`)]),
]

function nodeBuild(entries: Record<string, string>, outDir: string): UserConfig {
  return {
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: entries,
        external,
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
    ssr: { noExternal: true, external: ON_DISK },
    logLevel: 'warn',
  }
}

const uiBuild: UserConfig = {
  root: 'ui',
  base: './',
  publicDir: false,
  plugins: [shippedScenarios('scenarios'), siteInPlace('index.html')],
  worker: { format: 'es', plugins: () => [plugAsText()] },
  build: { outDir: '../dist/ui', emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 900 },
  logLevel: 'warn',
}

/** A machine that is busy with other things is slow, not wrong: what hangs is found all the same, only later. */
const PATIENCE = { testTimeout: 300_000, hookTimeout: 300_000 }

export default defineConfig(async ({ mode }) => {
  switch (mode) {
    case 'cli':
      return {
        ...nodeBuild(
          {
            fleetlab: 'sim/cli/fleetlab.ts',
            'command-thread': 'sim/cli/threads/command-thread.ts',
            worker: 'sim/cli/threads/worker.ts',
            plug: 'sim/plug/index.ts',
          },
          'dist/cli',
        ),
        define: { FLEETLAB_LAW: JSON.stringify(lawOfSources('sim')) },
        plugins: [
          versionedFolder([
            { entry: 'fleetlab', isCommand: true },
            { entry: 'plug', isCommand: false },
          ]),
        ],
      }
    case 'ui':
      return uiBuild
    case 'summary':
      return nodeBuild({ summary: 'ui/build/summary.ts' }, 'dist/summary')
    case 'look':
      return nodeBuild(
        {
          look: 'test/browser/look.ts',
          frames: 'test/browser/frames.ts',
          times: 'test/browser/times.ts',
          screenshots: 'test/browser/screenshots.ts',
        },
        'dist/look',
      )
    case 'bench':
      return nodeBuild(
        {
          kernel: 'test/bench/kernel.ts',
          bench: 'test/bench/bench.ts',
          peer: 'test/bench/peer.ts',
          scaling: 'test/bench/scaling.ts',
          'ten-million': 'test/bench/ten-million.ts',
          surfaces: 'test/bench/surfaces.ts',
          live: 'test/bench/live.ts',
        },
        'dist/bench',
      )
    case 'slow':
      return nodeBuild({ run: 'test/slow/run.ts' }, 'dist/slow')
    case 'mutation':
      return nodeBuild({ run: 'test/mutation/run.ts' }, 'dist/mutation')
    case 'pages':
      return nodeBuild({ write: 'test/pages/write.ts' }, 'dist/pages')
    case 'study':
      return nodeBuild(
        {
          pools: 'test/study/pools/pools.ts',
          'pools-worker': 'test/study/pools/pools-worker.ts',
          start: 'test/study/start.ts',
          worlds: 'test/study/worlds.ts',
          policies: 'test/study/policies.ts',
        },
        'dist/study',
      )
    default: {
      // Only for tests: no build has to load Vitest.
      const { LongestFirst } = await import('./test/longest-first.ts')
      return {
        test: {
          sequence: { sequencer: LongestFirst },
          // Vitest leaves a core to itself, which on two cores halves the tests.
          maxWorkers: '100%',
          projects: [
            {
              test: {
                name: 'node',
                include: ['test/**/*.test.ts'],
                exclude: ['test/browser/**', 'test/slow/**'],
                ...PATIENCE,
                pool: 'threads',
                // Loading the modules once per thread instead of once per file saves a third of the time; no test leaves state in them.
                isolate: false,
              },
            },
            {
              test: {
                name: 'browser',
                include: ['test/browser/**/*.test.ts'],
                ...PATIENCE,
                // Assertions on a page wait for what they assert.
                expect: { poll: { interval: 50, timeout: 120_000 } },
                // One browser per thread for all its files: pages are cheap, browsers are not.
                pool: 'threads',
                isolate: false,
              },
            },
          ],
          reporters: ['default', './test/summary-reporter.ts'],
        },
      }
    }
  }
})
