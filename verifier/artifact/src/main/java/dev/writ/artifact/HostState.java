// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.List;

/**
 * The state of the host before which a Relying Party stands, from a quote that it took and verified
 * itself.
 *
 * @param akName name of the attestation key that signed the quote
 * @param pcrs what the quote selected
 * @param pcrDigest the quote's digest over them
 * @param resetCount the quote's count of TPM Resets
 * @param restartCount the quote's count of TPM Restarts and Resumes
 */
public record HostState(
    AkName akName,
    List<PcrBankSelection> pcrs,
    Hash pcrDigest,
    long resetCount,
    long restartCount) {
  /** The state as given. */
  public HostState {
    pcrs = List.copyOf(pcrs);
  }
}
