/** Why a cell of the table has no number. */
export class NoFigure extends Error {
  /** What stands in the cell. */
  readonly short: string

  constructor(short: string, message: string) {
    super(message)
    this.name = 'NoFigure'
    this.short = short
  }
}
