/** A network of a store. */
export interface NetworkInfo {
  readonly id: string
  readonly name: string
  /** Whether it is the one that is worked in where none is named. */
  readonly isUsed: boolean
  /** Whether it is the one whose data came first. */
  readonly isFirst: boolean
  /** Whether this program joined it. */
  readonly isNew: boolean
  /** Whether it is open in this program, with its connections. */
  readonly isOpen: boolean
  /** Why it could not be opened with the others, and the stable code of that. */
  readonly error: string | undefined
  readonly errorCode: string | undefined
}

/** The networks of one data, to a store of any of them; `Networks` says what each does. */
export interface NetworkSet<Store> {
  /** The store of the data that came first: what it says of the identity holds for all. */
  readonly first: Store
  list(): Promise<readonly NetworkInfo[]>
  /** The stores that are open. */
  opened(): Promise<readonly Store[]>
  carryPerson(from: Store): Promise<void>
  open(network: string): Promise<Store>
  join(link: string): Promise<Store>
  use(network: string): Promise<NetworkInfo>
  leave(network: string, options: { readonly force?: boolean; readonly signal?: AbortSignal | undefined }): Promise<NetworkInfo>
  networkOf(namespace: string, asking: Store): Promise<string | undefined>
}

/** What the stores share that one `createDocstore` opened. */
export interface SharedNetworks<Store> {
  /** All networks. */
  all(): Promise<NetworkSet<Store>>
  /** The same where there are or were several. */
  readonly several: Promise<NetworkSet<Store>> | undefined
  /** Closes a store, and with the main one all of them. */
  close(store: Store): Promise<void>
}
