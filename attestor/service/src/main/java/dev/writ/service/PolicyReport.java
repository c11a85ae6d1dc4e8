// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The policies that are or were in force, for operators. Reads; believes what it verifies. */
final class PolicyReport {
  /** Most that are listed at once. */
  static final int MOST = 100;

  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeptPolicies kept;

  PolicyReport(Ledger ledger, TrustFiles trust) {
    this.ledger = ledger;
    this.trust = trust;
    this.kept = new KeptPolicies(ledger, trust);
  }

  /**
   * A policy, by its leaf.
   *
   * @param epoch with the earliest whose artifacts counted when it came into force
   * @param began when
   */
  record Row(PolicyReference policy, PolicyEpoch epoch, Instant began) {}

  /**
   * What lies beside the leaf.
   *
   * @param signers the approvers and operators of its time whose signatures hold
   */
  record Shown(Row row, GivenPolicy file, List<Hash> signers) {}

  /** The newest, the newest first. */
  List<Row> newest() throws LedgerException {
    List<Row> rows = new ArrayList<>();
    long newest = ledger.policyEpoch().map(PolicyEpoch::epoch).orElse(0L);
    for (long epoch = newest; epoch > 0 && rows.size() < MOST; epoch--) {
      rows.add(row(ledger.policyEpoch(epoch).orElseThrow()));
    }
    return rows;
  }

  /** One of them; empty where there is no such epoch. */
  Optional<Shown> shown(long epoch) throws LedgerException {
    Optional<PolicyEpoch> found = ledger.policyEpoch(epoch);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Row row = row(found.get());
    GivenPolicy file = kept.file(found.get()).orElseThrow(() -> KeptPolicies.none(found.get()));
    TrustContent then = trust.at(found.get().leafIndex());
    List<VerificationKey> keys =
        new ArrayList<>(then.policyApprovers().map(KeyQuorum::keys).orElse(List.of()));
    keys.addAll(then.operators().keys());
    return Optional.of(
        new Shown(
            row,
            file,
            file.envelope()
                .map(envelope -> List.copyOf(envelope.signers(keys)))
                .orElse(List.of())));
  }

  private Row row(PolicyEpoch epoch) throws LedgerException {
    return new Row(kept.named(epoch), epoch, kept.began(epoch));
  }
}
