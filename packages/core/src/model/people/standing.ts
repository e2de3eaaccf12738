import type { ActGraph } from './act-graph.ts'

/** What a kind of log says of its acts. Subjects are keys, or whoever else can act and be removed, by number. */
export interface LogRules {
  /** `chief` counts whatever others do, `void` never, all else as below. */
  rank(i: number): 'chief' | 'other' | 'void'
  /** Who acts. */
  subject(i: number): number
  /** Who is removed by it. Such an act lets nobody act. */
  removes(i: number): number | undefined
  /** Whether an act may be done by who was let act by `via`, -1 where it names none. */
  allows(i: number, via: number): boolean
  /** Who must not have been removed before it. */
  bars(i: number): number | undefined
}

/** What is said of the acts of a log, by their numbers. */
export interface Standing {
  /** 1 for each that counts. */
  readonly counts: number[]
  /** Of each removal that others hit and that hits these, so that nobody can tell which was first, the number of its circle; -1 of all else. */
  readonly circles: Int32Array
  readonly past: Past
}

/**
 * Which acts of a log count. Removal is strong: what who is removed did without its lying before the removal does not count, nor what
 * rests on it; removals that hit each other all count. The meaning is docs/spec/people.md §3, in the same steps. Of two acts it is asked a few times at most which
 * lies before which, however many removals hit each other.
 */
export function standingActs(graph: ActGraph, rules: LogRules): Standing {
  const past = goodByTheirPast(graph, rules)
  const standing = past.isGood.slice()
  const ordinary = [...standing.keys()].filter((i) => standing[i] === 1 && past.isChief[i] !== 1)
  const hits = new Hits(graph, rules, past)
  const resting = restingOn(ordinary, past.via)
  /** Removes what a removal hits, and what rests on that, save for the removals in its own circle. */
  const remove = (removal: number, open: OpenActs, isSpared: (i: number) => boolean): void => {
    const gone: number[] = []
    const drop = (i: number): void => {
      if (standing[i] !== 1 || isSpared(i)) return
      standing[i] = 0
      gone.push(i)
    }
    for (const i of hits.among(removal, open)) drop(i)
    for (let i = gone.pop(); i !== undefined; i = gone.pop()) for (const one of resting.get(i) ?? []) drop(one)
  }
  const byChiefs = new OpenActs(ordinary, (i) => rules.subject(i))
  for (const i of past.removals) if (past.isChief[i] === 1) remove(i, byChiefs, () => false)
  const left = ordinary.filter((i) => standing[i] === 1)
  const removals = left.filter((i) => rules.removes(i) !== undefined)
  const circleOf = new Int32Array(graph.acts.length).fill(-1)
  if (removals.length === 0) return { counts: standing, circles: circleOf, past }
  const circles = circlesOf(removals, { hits, rules, via: past.via, resting, acts: left })
  for (const [number, circle] of circles.entries()) for (const i of circle) circleOf[i] = number
  const byOthers = new OpenActs(left, (i) => rules.subject(i))
  for (const [number, circle] of circles.entries()) {
    // Who is in no earlier circle's reach stands, whatever the others of its own do to it.
    for (const i of circle) if (standing[i] === 1) remove(i, byOthers, (hit) => circleOf[hit] === number)
  }
  for (const circle of circles) if (circle.length === 1) for (const i of circle) circleOf[i] = -1
  return { counts: standing, circles: circleOf, past }
}

/**
 * Adds what is said of one more act, behind all others, to what was said of these. False where it takes more than looking at this one: where it removes somebody
 * who did something that it does not follow. Then what was said is of no use any more.
 */
export function growStanding(graph: ActGraph, rules: LogRules, { counts, past }: Standing, i: number): boolean {
  judgeByPast(graph, rules, past, i)
  if (past.isGood[i] !== 1) {
    counts.push(0)
    return true
  }
  // What hits nothing has no part in which other removals stand.
  const removed = rules.removes(i)
  if (removed !== undefined && past.ordinaryOf.get(removed)?.some((one) => one !== i && !graph.isBefore(one, i)) === true) return false
  const giver = past.via[i] ?? -1
  const isHit = (removal: number): boolean => removal !== i && counts[removal] === 1 && !(giver >= 0 && graph.isBefore(removal, giver))
  const isOut = (giver >= 0 && counts[giver] !== 1) || past.removalsOf.get(rules.subject(i))?.some(isHit) === true
  counts.push(past.isChief[i] === 1 || !isOut ? 1 : 0)
  return true
}

/** What lies before acts says of them, by their numbers. */
interface Past {
  /** 1 for each act that counts as far as those before it say. */
  readonly isGood: number[]
  /** 1 for each of these that counts whatever others do. */
  readonly isChief: number[]
  /** Of each act the one that let its author act, -1 where it needs none. */
  readonly via: number[]
  /** Good ones, also by whom they remove. */
  readonly removals: number[]
  readonly removalsOf: Map<number, number[]>
  /** Good acts that are no chief ones, by who did them. */
  readonly ordinaryOf: Map<number, number[]>
}

/** Judges each act by what lies before it alone. */
function goodByTheirPast(graph: ActGraph, rules: LogRules): Past {
  const past: Past = { isGood: [], isChief: [], via: [], removals: [], removalsOf: new Map(), ordinaryOf: new Map() }
  for (const i of graph.acts.keys()) judgeByPast(graph, rules, past, i)
  return past
}

function judgeByPast(graph: ActGraph, rules: LogRules, { isGood, isChief, via, removals, removalsOf, ordinaryOf }: Past, i: number): void {
  isGood.push(0)
  isChief.push(0)
  via.push(-1)
  const rank = rules.rank(i)
  const act = graph.acts[i]?.act
  if (rank === 'void' || act === undefined) return
  if (rank === 'other') {
    const giver = graph.number(act.via)
    if (act.via !== undefined && (giver < 0 || isGood[giver] !== 1 || !graph.isBefore(giver, i))) return
    const isOver = removalsOf.get(rules.subject(i))?.some((r) => graph.isBefore(r, i) && (giver < 0 || !graph.isBefore(r, giver)))
    if (isOver === true || !rules.allows(i, giver)) return
    via[i] = giver
  }
  const barred = rules.bars(i)
  if (barred !== undefined && removalsOf.get(barred)?.some((r) => graph.isBefore(r, i)) === true) return
  isGood[i] = 1
  if (rank === 'chief') isChief[i] = 1
  else push(ordinaryOf, rules.subject(i), i)
  const removed = rules.removes(i)
  if (removed === undefined) return
  removals.push(i)
  push(removalsOf, removed, i)
}

/** What was done by who was let act by an act. */
function restingOn(acts: readonly number[], via: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const resting = new Map<number, number[]>()
  for (const i of acts) {
    const giver = via[i] ?? -1
    if (giver >= 0) push(resting, giver, i)
  }
  return resting
}

/** Acts in lists, from which they are taken one by one: to come to the next one that is left takes the same time however many are gone. */
class OpenActs {
  readonly #order: Int32Array
  readonly #places = new Map<number, number>()
  readonly #lists = new Map<number | undefined, readonly [start: number, end: number]>()
  /** By place: a later one, up to which no act is left; its own where the act is. */
  readonly #next: Int32Array

  constructor(acts: readonly number[], listOf: (i: number) => number | undefined) {
    const lists = new Map<number | undefined, number[]>()
    for (const i of acts) push(lists, listOf(i), i)
    this.#order = Int32Array.from([...lists.values()].flat())
    for (const [place, i] of this.#order.entries()) this.#places.set(i, place)
    this.#next = Int32Array.from({ length: acts.length + 1 }, (_, place) => place)
    let start = 0
    for (const [name, { length }] of lists) this.#lists.set(name, [start, (start += length)])
  }

  /** The first place in a list that is not before another one, and the act there; `undefined` at the end. */
  from(list: number, place = 0): readonly [place: number, i: number] | undefined {
    const [start, end] = this.#lists.get(list) ?? [0, 0]
    const found = this.#find(Math.max(start, place))
    const i = found < end ? this.#order[found] : undefined
    return i === undefined ? undefined : [found, i]
  }

  take(i: number): void {
    const place = this.#places.get(i)
    if (place !== undefined) this.#next[place] = place + 1
  }

  has(i: number): boolean {
    const place = this.#places.get(i)
    return place !== undefined && this.#next[place] === place
  }

  #find(place: number): number {
    let found = place
    for (let next = this.#next[found]; next !== undefined && next !== found; next = this.#next[found]) found = next
    for (let at = place; at < found; ) {
      const next = this.#next[at] ?? found
      this.#next[at] = found
      at = next
    }
    return found
  }
}

/** Which acts a removal hits, without those that only rest on others. */
class Hits {
  readonly #graph: ActGraph
  readonly #rules: LogRules
  readonly #via: readonly number[]

  constructor(graph: ActGraph, rules: LogRules, { via }: Past) {
    this.#graph = graph
    this.#rules = rules
    this.#via = via
  }

  /** Acts of the removed that do not lie before the removal, unless they were let act after it. */
  has(removal: number, i: number): boolean {
    if (i === removal || this.#graph.isBefore(i, removal)) return false
    const via = this.#via[i] ?? -1
    return via < 0 || !this.#graph.isBefore(removal, via)
  }

  /** Takes those that a removal hits from the ones that are left. */
  *among(removal: number, open: OpenActs): Iterable<number> {
    const removed = this.#rules.removes(removal)
    if (removed === undefined) return
    for (let way = nextIn(open, removed, 0, (i) => this.has(removal, i)); way !== undefined; ) {
      const [place, i] = way
      open.take(i)
      yield i
      way = nextIn(open, removed, place, (one) => this.has(removal, one))
    }
  }
}

function push<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, [value])
  else known.push(value)
}

interface Arrows {
  readonly hits: Hits
  readonly rules: LogRules
  readonly via: readonly number[]
  readonly resting: ReadonlyMap<number, readonly number[]>
  /** Among these they are drawn: from removals to what they hit, and from what others rest on to these. */
  readonly acts: readonly number[]
}

/**
 * The strongly connected parts of what hits what, those that hit others before these. The algorithm of Kosaraju and Sharir (Computers & Mathematics with
 * Applications 7, 1981): it asks for each act once for a way to it that is not known, where others look at all ways, of which there are millions where devices
 * remove each other over and over.
 */
function circlesOf(removals: readonly number[], { hits, rules, via, resting, acts }: Arrows): readonly (readonly number[])[] {
  const open = new OpenActs(acts, (i) => rules.subject(i))
  const forwards = walk(removals, open, (i, place) => {
    const removed = rules.removes(i)
    if (removed !== undefined) return nextIn(open, removed, place, (hit) => hits.has(i, hit))
    const others = resting.get(i) ?? []
    for (let at = place; at < others.length; at++) {
      const other = others[at]
      if (other !== undefined && open.has(other)) return [at + 1, other]
    }
    return undefined
  })
  const ended = forwards.flat()
  const left = new OpenActs(ended, (i) => rules.removes(i))
  const parts = walk(ended.toReversed(), left, (i, place) => {
    const giver = via[i] ?? -1
    return left.has(giver) ? [place, giver] : nextIn(left, rules.subject(i), place, (removal) => hits.has(removal, i))
  })
  return parts.map((part) => part.filter((i) => rules.removes(i) !== undefined)).filter(({ length }) => length > 0)
}

/** Where to go on from an act, looking from a place on; `undefined` where nothing is left. */
type Way = readonly [place: number, i: number] | undefined

function nextIn(open: OpenActs, list: number, place: number, isIt: (i: number) => boolean): Way {
  for (let next = open.from(list, place); next !== undefined; next = open.from(list, next[0] + 1)) if (isIt(next[1])) return [next[0] + 1, next[1]]
  return undefined
}

/** Takes what can be come to from each root; each part in the order in which nothing was left behind its acts. With a stack of its own in place of recursion. */
function walk(roots: readonly number[], open: OpenActs, next: (i: number, place: number) => Way): readonly (readonly number[])[] {
  const parts: number[][] = []
  for (const root of roots) {
    if (!open.has(root)) continue
    const ended: number[] = []
    open.take(root)
    const path = [{ i: root, place: 0 }]
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const way = next(step.i, step.place)
      if (way === undefined) {
        ended.push(step.i)
        path.pop()
        continue
      }
      step.place = way[0]
      open.take(way[1])
      path.push({ i: way[1], place: 0 })
    }
    parts.push(ended)
  }
  return parts
}
