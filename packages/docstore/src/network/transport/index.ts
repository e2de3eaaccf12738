export { type AddressRange, mayDial, narrowest, rangeOf, rangeOfHost, widest } from './address-range.ts'
export type { DocstoreLibp2p } from './libp2p.ts'
export { peerKey } from './peer-key.ts'
export { viaOf } from './via.ts'
