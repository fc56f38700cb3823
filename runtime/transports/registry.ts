import { registryOf } from '../registry.ts';
import type { CallTransport, TransportContext } from './transport.ts';
import { twilio } from './twilio/transport.ts';

/** Every channel comes as Twilio's media streams so far. */
export const transports = registryOf<TransportContext, CallTransport>('transport')({ twilio });
