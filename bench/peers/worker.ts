import type { Library } from './adapter.ts'
import { createCommands } from './commands.ts'
import { NoFigure } from './no-figure.ts'
import { countTraffic } from './traffic.ts'

/** A process that holds one store. Commands come as messages from the benchmark, which outlives it. */
const traffic = countTraffic()
const [, , id] = process.argv
const { library } = (await import(`./adapters/${id}.ts`)) as { library: Library }
const commands = createCommands(library, traffic) as unknown as Record<string, (...parameters: readonly unknown[]) => Promise<unknown>>

process.on('message', ({ call, name, parameters }: { call: number; name: string; parameters: readonly unknown[] }) => {
  void answer(call, name, parameters)
})
process.once('disconnect', () => process.exit())

async function answer(call: number, name: string, parameters: readonly unknown[]): Promise<void> {
  try {
    const result = await commands[name]?.(...parameters)
    process.send?.({ call, result })
  } catch (error) {
    const short = error instanceof NoFigure ? error.short : 'failed'
    process.send?.({ call, error: { short, message: error instanceof Error ? error.message : String(error) } })
  }
}
