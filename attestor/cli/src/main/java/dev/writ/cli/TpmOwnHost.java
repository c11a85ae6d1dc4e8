// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.HostQuote;
import dev.writ.evidence.PcrSelection;
import dev.writ.service.OwnHost;
import dev.writ.service.ServiceStartException;
import dev.writ.tlog.Hash;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;

/**
 * This host's TPM as the service asks it once, at its start: no connection to the TPM stands afterwards.
 *
 * @param tcti how it is reached
 */
record TpmOwnHost(String tcti) implements OwnHost {
  @Override
  public Quoted quote(PcrSelection asked, Hash qualifyingData) throws ServiceStartException {
    try (Tpm tpm = Tpm.open(tcti)) {
      HostQuote quote = HostQuote.take(tpm, asked, qualifyingData.bytes());
      return new Quoted(quote.akPublic(), quote.evidence());
    } catch (TpmException | AttestationFailedException e) {
      throw new ServiceStartException(
          "token.tpm: this host's TPM must vouch for the start, and did not: " + e.getMessage());
    }
  }
}
