/** How long work goes on until other work has its turn, milliseconds: half of what a frame of a page, or a waiting request, would notice. */
const SLICE_MS = 5

/** Resolves after whatever else is ready to run has run. */
export type Pause = () => Promise<void>

/** Cuts a long piece of work into slices: it calls `rest` often, and that lets other work run whenever a slice is used up. */
export class Slices {
  readonly #pause: Pause
  #began = performance.now()

  constructor(pause: Pause) {
    this.#pause = pause
  }

  async rest(): Promise<void> {
    if (performance.now() - this.#began < SLICE_MS) return
    await this.#pause()
    this.#began = performance.now()
  }
}

/** Runs steps in slices; resolves with what they come to. */
export async function inSlices<T>(steps: Generator<undefined, T, undefined>, pause: Pause): Promise<T> {
  const slices = new Slices(pause)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await slices.rest()
  }
}

/** What Node has for this: a message channel for each pause costs it a hundredth of all that a program writes. */
const { setImmediate } = globalThis as { readonly setImmediate?: (done: () => void) => unknown }

/** The pause of real life. A timer would do, but browsers make each of them wait four milliseconds. */
export function nextTask(): Promise<void> {
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve))
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    const done = (): void => {
      port1.close()
      resolve()
    }
    port1.addEventListener('message', done, { once: true })
    port1.start()
    port2.postMessage(undefined)
  })
}
