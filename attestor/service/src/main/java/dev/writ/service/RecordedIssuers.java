// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustedKey;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.Provider;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The keys that signed artifacts, each by the trust file that was the newest when an artifact's leaf was
 * made: those follow one another by their operators' signatures from the configured one on, and so the
 * store is not believed. Safe for use by any number of threads.
 */
final class RecordedIssuers {
  private final NavigableMap<Long, Believed> byLeaf = new TreeMap<>();
  private final Map<Hash, SigningKey> rows = new HashMap<>();

  private record Issuer(TrustedKey key, P256Verifier verifier) {}

  /** The issuer's keys of one trust file. */
  private record Believed(long version, boolean isFirst, Map<Hash, Issuer> keys) {}

  RecordedIssuers(RecordedLog ledger, TrustFiles trust, Provider signatures)
      throws LedgerException {
    Map<Hash, P256Verifier> verifiers = new HashMap<>();
    for (Map.Entry<Long, TrustContent> then : trust.byLeaf(ledger).entrySet()) {
      Map<Hash, Issuer> keys = new HashMap<>();
      for (TrustedKey key : then.getValue().keysOf(KeyRole.ISSUER)) {
        P256Verifier verifier =
            verifiers.computeIfAbsent(
                key.key().kid(), first -> P256Verifier.of(key.key().key(), signatures));
        keys.put(key.key().kid(), new Issuer(key, verifier));
      }
      long version = then.getValue().version();
      byLeaf.put(then.getKey(), new Believed(version, then.getKey() < 0, keys));
    }
    ledger.keys().forEach(row -> rows.put(row.kid(), row));
  }

  /**
   * How the signature of the artifact of a leaf comes out.
   *
   * @param issued when, by the leaf
   */
  void compare(ReplaySteps steps, Artifact artifact, long index, Instant issued) {
    Believed then = byLeaf.lowerEntry(index).getValue();
    Optional<Issuer> issuer = Optional.ofNullable(then.keys().get(artifact.kid()));
    if (issuer.isEmpty() && then.isFirst() && then.version() > 1) {
      steps.say(
          new StepOutcome.NotKept(
              "the trust file of then: the configured one is version "
                  + then.version()
                  + ", has no issuer key "
                  + artifact.kid()
                  + ", and versions before it are not known; name the one with which the ledger began"));
    } else if (issuer.isEmpty() || !mayHaveSigned(issuer.get().key(), index, issued)) {
      steps.mismatch(
          "artifact.kid",
          artifact.kid().hex(),
          "an issuer key that by trust file version "
              + then.version()
              + " and the ledger's key leaves could sign");
    } else if (!artifact.isSignedBy(issuer.get().verifier())) {
      steps.mismatch("artifact.signature", "another's", "the issuer key's " + artifact.kid().hex());
    } else {
      steps.same();
    }
  }

  private boolean mayHaveSigned(TrustedKey key, long index, Instant issued) {
    SigningKey row = rows.get(key.key().kid());
    return key.covers(issued)
        && key.state() != KeyState.COMPROMISED
        && row != null
        && row.role() == KeyRole.ISSUER
        && row.activatedIndex().orElse(Long.MAX_VALUE) < index
        && index < row.endedIndex().orElse(Long.MAX_VALUE);
  }
}
