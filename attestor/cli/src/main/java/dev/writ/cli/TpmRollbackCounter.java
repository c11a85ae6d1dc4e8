// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RollbackCounter;
import dev.writ.tlog.Hash;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.util.OptionalLong;

/**
 * A counter in this host's TPM. The TPM is opened each time: between two raises no connection to it
 * stands.
 *
 * @param tcti how it is reached
 * @param index of the counter
 */
record TpmRollbackCounter(String tcti, int index) implements RollbackCounter {
  @Override
  public Hash identity() throws LedgerException {
    return ask(tpm -> Hash.of(tpm.rollbackCounterIdentity(index)));
  }

  @Override
  public OptionalLong read() throws LedgerException {
    return ask(tpm -> tpm.rollbackCounter(index));
  }

  @Override
  public long make() throws LedgerException {
    return ask(tpm -> tpm.makeRollbackCounter(index));
  }

  @Override
  public long raise() throws LedgerException {
    return ask(tpm -> tpm.raiseRollbackCounter(index));
  }

  private interface Question<T> {
    T of(Tpm tpm) throws TpmException;
  }

  private <T> T ask(Question<T> question) throws LedgerException {
    try (Tpm tpm = Tpm.open(tcti)) {
      return question.of(tpm);
    } catch (TpmException e) {
      throw new LedgerException(
          e.codeName(), this + " must be reached, and was not: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return String.format("the counter 0x%08x of the TPM at %s", index, tcti);
  }
}
