// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.util.List;

/**
 * PCR values that stood in the TPM at one moment.
 *
 * @param values bank by bank as they were asked for, within a bank the lowest index first; a PCR or
 *     bank that the TPM does not have gives no value
 */
public record PcrReading(List<byte[]> values) {
  /** Keeps its own list. */
  public PcrReading {
    values = List.copyOf(values);
  }
}
