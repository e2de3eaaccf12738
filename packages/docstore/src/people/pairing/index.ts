export { DeviceOffer, type DeviceOfferInit } from './device-offer.ts'
export { joinAsDevice, type JoinAsDeviceInit } from './join-as-device.ts'
export { formatPairingText, isPairingText, type PairingLink, parsePairingText } from './pairing-link.ts'
