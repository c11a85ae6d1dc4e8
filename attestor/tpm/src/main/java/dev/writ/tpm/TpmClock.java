// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A TPMS_TIME_INFO (TPM 2.0 Library Part 2, section 10.11.6).
 *
 * @param sincePowerOn how long the TPM has had power
 * @param clock how long it has had power in its whole life; survives resets
 * @param resetCount TPM Resets (reboots, hibernation) since the endorsement seed's owner was cleared
 * @param restartCount TPM Restarts and Resumes (sleep) since the last reset
 * @param safe whether the clock is known never to have shown a later value
 */
public record TpmClock(
    Duration sincePowerOn, Duration clock, long resetCount, long restartCount, boolean safe) {

  static TpmClock parse(byte[] timeInfo) {
    ByteBuffer wire = ByteBuffer.wrap(timeInfo);
    return new TpmClock(
        Duration.ofMillis(wire.getLong()),
        Duration.ofMillis(wire.getLong()),
        Integer.toUnsignedLong(wire.getInt()),
        Integer.toUnsignedLong(wire.getInt()),
        wire.get() != 0);
  }
}
