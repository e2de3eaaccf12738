import type { Output } from './output/output.ts'
import type { Settings } from './settings.ts'

/** What a command works with. */
export interface Context {
  readonly settings: Settings
  readonly output: Output
  /** Aborts with the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/** Runs the work of a command and turns what comes of it into output and an exit code. */
export type Run = (work: (context: Context) => Promise<void>) => Promise<void>
