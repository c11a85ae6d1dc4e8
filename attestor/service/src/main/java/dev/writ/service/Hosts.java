// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.evidence.TpmName;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.util.Optional;

/** Finds enrolled hosts by what callers say their attestation key is called. */
final class Hosts {
  private final Ledger ledger;

  Hosts(Ledger ledger) {
    this.ledger = ledger;
  }

  /** The host with this attestation key, whatever its state. */
  Optional<Host> named(TpmName name) throws LedgerException {
    Optional<AkName> akName = akName(name);
    return akName.isPresent() ? ledger.host(akName.get()) : Optional.empty();
  }

  /**
   * The name as ledger and artifacts hold it. Not every TPM name is one: some are of no object, some
   * under an algorithm that no attestation key may have.
   */
  static Optional<AkName> akName(TpmName name) {
    try {
      return Optional.of(AkName.of(name.bytes()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
