import type { Json } from '../model/json/json-value.ts'
import type { Place, Run } from './run.ts'

/** Whether a value fulfils a keyword. What it finds inside of the value it has blamed already. */
export type Judge = (value: Json, run: Run, place: Place) => boolean

/** One keyword of a schema, ready to judge. */
export interface Keyword {
  readonly name: string
  readonly argument: Json
  readonly judge: Judge
}

/** A schema, ready to judge by. */
export class Schema {
  readonly keywords: Keyword[] = []
  /** What an application of it counts: 1, and 1 for each name that it lists. */
  weight: number = 1
  /** Schemas that apply to the same value. */
  readonly inPlace: Schema[] = []
  /** Those of them by which the value has to be, whatever else holds. */
  readonly certain: Schema[] = []
  readonly properties: Map<string, Schema> = new Map()
  additional: Schema | undefined
  names: Schema | undefined
  required: ReadonlySet<string> = new Set()
  /** `false`: nothing is right. */
  isNever: boolean = false

  /** Whether a value fulfils it. All of it is judged, so that what that takes depends on nothing but the schema and the value. */
  apply(value: Json, run: Run, place: Place): boolean {
    run.spend(this.weight)
    if (this.isNever) {
      run.blame(place, 'false', false)
      return false
    }
    let isRight = true
    for (const { name, argument, judge } of this.keywords) {
      if (judge(value, run, place)) continue
      isRight = false
      run.blame(place, name, argument)
    }
    return isRight
  }
}
