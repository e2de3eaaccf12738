import type { HistoryTable } from './history/history-table.ts'
import type { NostrRows } from './nostr/nostr-rows.ts'
import type { EditedDocuments } from './records/edited-documents.ts'
import type { RecordTableInit } from './records/record-table.ts'

/** What the parts that are loaded late work with. */
export interface LatePartsInit extends RecordTableInit {
  /** Size limit of the database, bytes. */
  readonly maxBytes: number | undefined
}

/** Parts of a storage that few need, loaded when they do. */
export class LateParts {
  readonly #init: LatePartsInit
  #edited: EditedDocuments | undefined
  #history: HistoryTable | undefined
  /** What finds events of Nostr, loaded with their namespace. */
  nostr: NostrRows | undefined
  /** Whether there was some history when the first namespace said that it keeps none. */
  #hasHistory: boolean | undefined

  /** What knows of edits can be there from the beginning. */
  constructor(init: LatePartsInit, edits?: typeof EditedDocuments) {
    this.#init = init
    this.#edited = edits && new edits(init)
  }

  /** What knows of edits, loaded before the first of them. */
  get edited(): EditedDocuments | undefined {
    return this.#edited
  }

  /** What knows of earlier versions, loaded where some are kept. */
  get history(): HistoryTable | undefined {
    return this.#history
  }

  async loadedEdits(): Promise<EditedDocuments> {
    this.#init.statements.assertOpen()
    if (this.#edited !== undefined) return this.#edited
    const { EditedDocuments } = await import('./records/edited-documents.ts')
    return (this.#edited ??= new EditedDocuments(this.#init))
  }

  async loadedHistory(): Promise<HistoryTable> {
    this.#init.statements.assertOpen()
    const { HistoryTable } = await import('./history/history-table.ts')
    return (this.#history ??= new HistoryTable(this.#init))
  }

  /** Namespaces of which there are earlier versions. */
  historyNamespaces(): number[] {
    const rows = this.#init.statements.own('SELECT ns FROM history_sizes WHERE versions > 0').all()
    return rows.map(({ ns }) => Number(ns))
  }

  async keepHistory(ns: number, isKept: boolean): Promise<void> {
    this.#init.statements.assertOpen()
    // What there is from another time has to be forgotten with its documents.
    if (this.#history === undefined && !isKept && !(this.#hasHistory ??= this.historyNamespaces().length > 0)) return
    const history = this.#history ?? (await this.loadedHistory())
    history.keep(ns, isKept)
  }
}
