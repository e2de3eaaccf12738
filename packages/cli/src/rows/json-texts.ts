import { DocstoreError } from '@p2p-docstore/core'

/** The text of one value, and where it begins. */
export interface JsonText {
  readonly text: string
  readonly line: number
  readonly column: number
}

/**
 * Cuts a text that comes in pieces into JSON values, one after another, or into lines. It looks at brackets and quotation marks
 * only: whether a value is JSON is for whoever reads it.
 */
export class JsonTexts {
  readonly #pieces: AsyncIterator<string>
  #piece = ''
  #at = 0
  #line: number
  /** Offset in the piece at which its line begins; negative where that was in a piece before. */
  #lineStart = 0

  constructor(pieces: AsyncIterable<string>, firstLine = 1) {
    this.#pieces = pieces[Symbol.asyncIterator]()
    this.#line = firstLine
  }

  /**
   * The next value, `undefined` at the end of the text. A value that is not closed goes up to there. With `inArray`, commas in front of
   * it are passed over, and the bracket that closes the array is the end. Throws `file-too-large`.
   */
  async next(maxLength: number, { inArray = false }: { inArray?: boolean } = {}): Promise<JsonText | undefined> {
    for (;;) {
      const code = await this.#peek()
      if (code === undefined) return undefined
      if (inArray && code === 93) {
        this.#at++
        return undefined
      }
      // The record separator of RFC 8142 stands in front of a value.
      if (!isWhite(code) && code !== 0x1e && !(inArray && code === 44)) break
      if (code === 10) this.#newLine()
      this.#at++
    }
    const [line, column] = [this.#line, this.#at - this.#lineStart + 1]
    const parts: string[] = []
    let length = 0
    const cut = new ValueEnd()
    for (;;) {
      const from = this.#at
      const isEnd = this.#scan(cut)
      parts.push(this.#piece.slice(from, this.#at))
      length += this.#at - from
      if (isEnd || !(await this.#more())) return { text: parts.join(''), line, column }
      if (length > maxLength) throw new ValueTooLong({ text: parts.join(''), line, column })
    }
  }

  /** Passes the bracket that opens an array. */
  async enterArray(): Promise<void> {
    for (let code = await this.#peek(); code !== undefined; code = await this.#peek()) {
      if (code === 10) this.#newLine()
      this.#at++
      if (code === 91) return
    }
  }

  /** Passes white space; tells what it found: the end of the text, something in the same line, or in a later one. */
  async skipWhite(): Promise<'end' | 'same line' | 'other line'> {
    const line = this.#line
    for (let code = await this.#peek(); code !== undefined; code = await this.#peek()) {
      if (!isWhite(code)) return line === this.#line ? 'same line' : 'other line'
      if (code === 10) this.#newLine()
      this.#at++
    }
    return 'end'
  }

  /** Lines as they come, as many at a time as there are. The last one may have no end. Throws `document-too-large`. */
  async *lines(maxLength: number): AsyncGenerator<readonly JsonText[]> {
    let rest = ''
    do {
      const lines = (rest + this.#piece.slice(this.#at)).split('\n')
      rest = lines.pop() ?? ''
      this.#piece = ''
      this.#at = 0
      if (lines.length > 0) yield lines.map((text) => ({ text, line: this.#line++, column: 1 }))
      if (rest.length > maxLength) throw new DocstoreError('document-too-large', `Line ${this.#line} is longer than ${maxLength} characters`)
    } while (await this.#more())
    yield [{ text: rest, line: this.#line, column: 1 }]
  }

  /** Everything that was not given out. */
  async *rest(): AsyncGenerator<string> {
    do yield this.#piece.slice(this.#at)
    while (await this.#more())
  }

  /** Goes on to the end of the value or of the piece; tells whether the value ended. */
  #scan(value: ValueEnd): boolean {
    const piece = this.#piece
    for (; this.#at < piece.length; this.#at++) {
      const code = piece.charCodeAt(this.#at)
      if (code === 10) this.#newLine()
      switch (value.take(code)) {
        case 'inside':
          break
        case 'last':
          this.#at++
          return true
        case 'behind':
          if (code === 10) this.#line--
          return true
      }
    }
    return false
  }

  #newLine(): void {
    this.#line++
    this.#lineStart = this.#at + 1
  }

  async #peek(): Promise<number | undefined> {
    while (this.#at >= this.#piece.length) if (!(await this.#more())) return undefined
    return this.#piece.charCodeAt(this.#at)
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next()
    if (next.done === true) return false
    this.#lineStart -= this.#piece.length
    this.#piece = next.value
    this.#at = 0
    return true
  }
}

/** What was read of a value when it became too long. */
export class ValueTooLong extends Error {
  readonly begin: JsonText

  constructor(begin: JsonText) {
    super('A JSON value is too long')
    this.begin = begin
  }
}

/** Finds the end of a value, character by character. */
class ValueEnd {
  #depth = 0
  #isString = false
  #isEscaped = false
  #isBegun = false

  take(code: number): 'inside' | 'last' | 'behind' {
    if (this.#isString) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (code === 92) this.#isEscaped = true
      else if (code === 34) {
        this.#isString = false
        if (this.#depth === 0) return 'last'
      }
      return 'inside'
    }
    switch (code) {
      case 34:
        // Behind a number or word that nothing parted from it.
        if (this.#depth === 0 && this.#isBegun) return 'behind'
        this.#isString = true
        break
      case 123:
      case 91:
        if (this.#depth === 0 && this.#isBegun) return 'behind'
        this.#depth++
        break
      case 125:
      case 93:
        if (this.#depth === 0) return this.#isBegun ? 'behind' : 'last'
        if (--this.#depth === 0) return 'last'
        break
      case 44:
        if (this.#depth === 0) return this.#isBegun ? 'behind' : 'last'
        break
      default:
        if (this.#depth === 0 && this.#isBegun && isWhite(code)) return 'behind'
    }
    this.#isBegun = true
    return 'inside'
  }
}

function isWhite(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}
