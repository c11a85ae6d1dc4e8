// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * Which keys of which hosts were certified. Once a host's key has a thumbprint under a name it has it
 * for ever, so what is kept in memory is never stale.
 */
final class InstanceKeys {
  private final Ledger ledger;
  private final Recent<Named, Hash> kept;

  private record Named(AkName akName, Hash keyName) {}

  InstanceKeys(Ledger ledger, int most) {
    this.ledger = ledger;
    this.kept = new Recent<>(most);
  }

  /**
   * The thumbprint of the host's key that was certified under this name.
   *
   * @param keyName SHA-256 of its TPM Name
   */
  Optional<Hash> thumbprint(AkName akName, Hash keyName) throws LedgerException {
    Named named = new Named(akName, keyName);
    Optional<Hash> known = kept.get(named);
    if (known.isEmpty()) {
      known = ledger.instanceKey(akName, keyName).map(InstanceKey::jkt);
      known.ifPresent(jkt -> kept.put(named, jkt));
    }
    return known;
  }
}
