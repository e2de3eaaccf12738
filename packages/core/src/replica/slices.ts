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
