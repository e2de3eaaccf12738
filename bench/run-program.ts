import { spawn } from 'node:child_process'

/** Runs a program in our place: it has our terminal, gets our signals, and its status becomes ours. */
export async function runProgram(program: string, words: readonly string[]): Promise<void> {
  const child = spawn(program, words, { stdio: 'inherit' })
  const passOn = (signal: NodeJS.Signals): boolean => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, passOn)
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject).once('close', resolve)
  process.exitCode = (await promise) ?? 1
  for (const signal of signals) process.off(signal, passOn)
}
