import { MAX_PATTERN_LENGTH, MAX_PATTERN_SIZE } from './limits.ts'

/** Thrown for a pattern that cannot be, with the reason as the end of a sentence. */
class PatternFault extends Error {}

/** Characters that mean something by themselves. */
const SPECIAL: ReadonlySet<string> = new Set('^$\\.*+?()[]{}|')
/** What a backslash makes of a letter. */
const ESCAPES: ReadonlySet<string> = new Set([...SPECIAL, '/', '-', 'd', 'D', 'w', 'W', 'n', 'r', 't'])
const CLASSES: ReadonlySet<string> = new Set('dDwW')
const COUNT = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/

/**
 * How large a pattern is, or what is wrong with it. There is what RE2 and other engines without backtracking read alike: characters, `.`, `^`, `$`, classes,
 * groups, choices, and repetitions.
 */
export function patternSize(pattern: string): number | string {
  if (pattern.length > MAX_PATTERN_LENGTH) return `is longer than ${MAX_PATTERN_LENGTH} characters`
  try {
    const size = new PatternReader(pattern).read()
    return size <= MAX_PATTERN_SIZE ? size : `is larger than ${MAX_PATTERN_SIZE}: what repeats counts as often as it may`
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error
    return error.message
  }
}

class PatternReader {
  readonly #characters: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.#characters = Array.from(pattern)
  }

  read(): number {
    const size = this.#choices()
    if (this.#next !== undefined) throw new PatternFault('has a ) without its (')
    return size
  }

  get #next(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false
    this.#at++
    return true
  }

  #choices(): number {
    let size = this.#branch()
    while (this.#take('|')) size += 1 + this.#branch()
    return size
  }

  #branch(): number {
    let size = 0
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') size += this.#piece()
    return size
  }

  #piece(): number {
    if (this.#take('^') || this.#take('$')) {
      if (this.#repetition(1) !== undefined) throw new PatternFault('repeats a ^ or a $')
      return 1
    }
    const size = this.#atom()
    const repeated = this.#repetition(size)
    if (repeated !== undefined && this.#repetition(1) !== undefined) throw new PatternFault('has two repetitions in a row')
    return repeated ?? size
  }

  /** The size of what repeats so, `undefined` where nothing says that it does. */
  #repetition(size: number): number | undefined {
    if (this.#take('*') || this.#take('+') || this.#take('?')) return size + 1
    if (this.#next !== '{') return undefined
    const [text, least = '0', comma, most] = COUNT.exec(this.#characters.slice(this.#at, this.#at + 9).join('')) ?? []
    if (text === undefined) throw new PatternFault('has a { that begins no repetition such as {2,5}; write \\{ for the character')
    const [low, high] = [Number(least), most === undefined ? undefined : Number(most)]
    if (high !== undefined && high < low) throw new PatternFault(`repeats ${text}`)
    this.#at += text.length
    return size * Math.max(1, high ?? (comma === undefined ? low : low + 1)) + 1
  }

  #atom(): number {
    if (this.#take('(')) {
      if (this.#take('?') && !this.#take(':')) throw new PatternFault('has a (? that is no (?:')
      const size = this.#choices()
      if (!this.#take(')')) throw new PatternFault('has a ( without its )')
      return size + 1
    }
    if (this.#take('[')) return this.#class()
    if (this.#take('.')) return 1
    if (this.#take('\\')) {
      this.#escape()
      return 1
    }
    const character = this.#next ?? ''
    if (SPECIAL.has(character)) throw new PatternFault(`has a ${character} where there is none; write \\${character} for the character`)
    this.#at++
    return 1
  }

  /** One escaped character, or a class of them. */
  #escape(): string {
    const character = this.#next
    if (character === undefined || !ESCAPES.has(character)) throw new PatternFault(`has a \\${character ?? ''}, which is not in it`)
    this.#at++
    return character
  }

  /** One class, whose characters count as one. */
  #class(): number {
    this.#take('^')
    const first = this.#at
    while (!this.#take(']')) {
      if (this.#next === undefined) throw new PatternFault('has a [ without its ]')
      const low = this.#member(first)
      if (this.#next !== '-' || this.#characters[this.#at + 1] === ']') continue
      this.#at++
      const high = this.#member(undefined)
      if (low === undefined || high === undefined || low > high) throw new PatternFault('has a range in a class that is none')
    }
    if (this.#at === first + 1) throw new PatternFault('has a class without characters')
    return 1
  }

  /** Code point of a member of a class, `undefined` of a class in it. A `-` stands for itself only first and last. */
  #member(first: number | undefined): number | undefined {
    const start = this.#at
    if (this.#take('\\')) {
      const escaped = this.#escape()
      if (CLASSES.has(escaped)) return undefined
      return { n: 10, r: 13, t: 9 }[escaped] ?? escaped.codePointAt(0)
    }
    const character = this.#next ?? ''
    const isLast = this.#characters[start + 1] === ']'
    if (character === '[' || (character === '-' && start !== first && !isLast))
      throw new PatternFault(`has a ${character} in a class; write \\${character}`)
    // Two of these in a row are operators elsewhere.
    if ('&~-'.includes(character) && this.#characters[start + 1] === character) throw new PatternFault(`has ${character}${character} in a class`)
    this.#at++
    return character.codePointAt(0)
  }
}
