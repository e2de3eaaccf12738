export { DeviceOffer, type DeviceOfferInit } from './device-offer.ts'
export { joinAsDevice, type JoinAsDeviceInit } from './join-as-device.ts'
export { formatPairingText, pairingTextOf, type PairingLink, parsePairingText } from './pairing-link.ts'
