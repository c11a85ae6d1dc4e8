// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * TPMS_CLOCK_INFO (Part 2, 10.11.1), the TPM's own account of time and restarts.
 *
 * @param clock milliseconds the TPM has been powered, an unsigned 64-bit number; it only rises while
 *     {@code safe}
 * @param resetCount TPM Resets (reboot, hibernation) since the owner's last clear
 * @param restartCount TPM Restarts and Resumes (sleep) since the last TPM Reset
 * @param safe whether no larger clock value was ever reported: after a power cut it is false for as
 *     long as the TPM takes to write its clock again
 */
public record ClockInfo(long clock, long resetCount, long restartCount, boolean safe) {
  static ClockInfo read(TpmReader in) throws MalformedEvidenceException {
    return new ClockInfo(
        in.u64("clockInfo.clock"),
        in.u32("clockInfo.resetCount"),
        in.u32("clockInfo.restartCount"),
        in.yesNo("clockInfo.safe"));
  }

  void write(TpmWriter out) {
    out.u64(clock).u32(resetCount).u32(restartCount).u8(safe ? 1 : 0);
  }
}
