// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.security.Provider;
import java.util.Optional;

/**
 * Finds enrolled hosts by what callers say their attestation key is called.
 *
 * <p>Active ones are kept in memory. One that an operator suspended meanwhile is still found active
 * here, which is why every entry that rests on it says so as its precondition: the ledger refuses the
 * entry, {@link #forget} drops the host, and it is judged once more as it is.
 */
final class Hosts {
  private final Ledger ledger;
  private final Provider signatures;
  private final Recent<AkName, KnownHost> active;

  /**
   * Hosts of a ledger.
   *
   * @param signatures verifies what their attestation keys signed
   * @param most how many are kept
   */
  Hosts(Ledger ledger, Provider signatures, int most) {
    this.ledger = ledger;
    this.signatures = signatures;
    this.active = new Recent<>(most);
  }

  /** The host with this attestation key, whatever its state. */
  Optional<KnownHost> named(TpmName name) throws LedgerException {
    Optional<AkName> akName = akName(name);
    if (akName.isEmpty()) {
      return Optional.empty();
    }
    Optional<KnownHost> kept = active.get(akName.get());
    return kept.isPresent() ? kept : read(akName.get());
  }

  /** The host with this attestation key if it is active and kept; asks no ledger. */
  Optional<KnownHost> keptActive(TpmName name) {
    return akName(name).flatMap(active::get);
  }

  private Optional<KnownHost> read(AkName akName) throws LedgerException {
    Optional<Host> row = ledger.host(akName);
    if (row.isEmpty()) {
      return Optional.empty();
    }
    KnownHost host =
        new KnownHost(
            row.get(),
            enrolledAk(row.get(), signatures),
            LeafHashes.of(ledger, row.get().leafIndex()));
    if (host.isActive()) {
      active.put(akName, host);
    }
    return Optional.of(host);
  }

  /** The host's state is another than was thought: the next one who asks reads it anew. */
  void forget(AkName akName) {
    active.remove(akName);
  }

  private static EnrolledAk enrolledAk(Host host, Provider signatures) {
    try {
      AkOutcome outcome = attestationKey(host, signatures);
      if (outcome instanceof EnrolledAk ak) {
        return ak;
      }
      throw new IllegalStateException("bug: an attestation key was enrolled that is refused now");
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: an attestation key was enrolled that is malformed", e);
    }
  }

  /**
   * The attestation key in a host's row, ready to verify.
   *
   * @throws MalformedEvidenceException if it is none
   */
  static AkOutcome attestationKey(Host host, Provider signatures)
      throws MalformedEvidenceException {
    TpmtPublic area = TpmtPublic.parse(host.akPublic());
    // The configured provider is there for curves, and may have nothing else.
    AkOutcome outcome =
        area.key().type() == TpmAlg.ECC ? EnrolledAk.of(area, signatures) : EnrolledAk.of(area);
    return outcome instanceof EnrolledAk ak
        ? ak.withQualifiedName(ak.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY))
        : outcome;
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
