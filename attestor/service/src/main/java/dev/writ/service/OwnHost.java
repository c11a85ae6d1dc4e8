// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.Evidence;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.tlog.Hash;

/** The TPM of the host on which the service runs: its word is in the ledger before a door opens. */
public interface OwnHost {
  /**
   * What it says.
   *
   * @param akPublic TPMT_PUBLIC of its attestation key
   * @param evidence quote, signature and PCR values
   */
  record Quoted(Octets akPublic, Evidence evidence) {}

  /**
   * Quotes.
   *
   * @param asked the PCRs
   * @param qualifyingData what the quote is bound to
   * @throws ServiceStartException if it cannot; the sentence says why, and what to do
   */
  Quoted quote(PcrSelection asked, Hash qualifyingData) throws ServiceStartException;
}
