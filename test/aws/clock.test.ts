import { openClock, openReceiveTime } from '../../shared/aws/clock.ts';
import { clockContract } from '../contracts/clock.ts';

clockContract(() => ({ clock: openClock(), receiveTime: openReceiveTime() }));
