import { NoFigure } from './no-figure.ts'
import type { RowName } from './rows.ts'

/** A number of the table, or why there is none. */
export type Figure = number | { readonly short: string; readonly why: string; readonly step?: string }

/** What one contestant reached in one round. */
export class Round {
  readonly figures = new Map<RowName, Figure>()
  readonly #label: string

  constructor(label: string) {
    this.#label = label
  }

  /**
   * Runs one step that fills these rows; where it fails they say why, and whatever else there is goes on. Resolves with whether it
   * went well.
   */
  async step(name: string, rows: readonly RowName[], work: () => Promise<Partial<Record<RowName, number>>>): Promise<boolean> {
    console.error(`${this.#label}: ${name}`)
    try {
      const figures = await work()
      for (const row of rows) {
        const figure = figures[row]
        if (figure !== undefined) this.figures.set(row, figure)
      }
      return true
    } catch (error) {
      const failure = error instanceof NoFigure ? error : new NoFigure('failed', error instanceof Error ? error.message : String(error))
      console.error(`${this.#label}: ${name}: ${failure.message}`)
      for (const row of rows) this.figures.set(row, { short: failure.short, why: failure.message, step: name })
      return false
    }
  }

  /** Says why rows have no figure. */
  leaveOut(rows: readonly RowName[], short: string, why: string): void {
    for (const row of rows) this.figures.set(row, { short, why })
  }
}
