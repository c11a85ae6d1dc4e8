// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.artifact.TrustFile;
import dev.writ.ledger.CounterAnchor;
import dev.writ.ledger.StoreConfig;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import java.util.Optional;
import java.util.Set;

/**
 * That the trust file is this service's: what it issues under another would be believed by nobody, and
 * better nobody asks for it.
 */
final class StartChecks {
  /** A file that announces a successor says of the key that still signs that it retires. */
  private static final Set<KeyState> SIGNING = Set.of(KeyState.ACTIVE, KeyState.RETIRING);

  private StartChecks() {}

  /** Issuer, ledger and assurance; asks neither token nor ledger. */
  static void requireOwnTrust(ServiceIdentity identity, TrustFile trust)
      throws ServiceStartException {
    TrustContent content = trust.content();
    requireSame("issuer", identity.issuer(), content.issuer());
    requireSame("log", identity.origin(), trust.logOrigin());
    if (content.assurance() != TrustContent.Assurance.DEV) {
      throw new ServiceStartException(
          "the trust file's assurance must be dev, is "
              + content.assurance().wire()
              + ": no token or TPM that can be configured counts for more");
    }
    var unused = statusSource(trust);
  }

  /** A policy of another tenant would deny all that this one asks. */
  static void requireOwnPolicy(ServiceIdentity identity, GivenPolicy policy)
      throws ServiceStartException {
    Optional<String> why = policy.whyNotFor(identity.tenant());
    if (why.isPresent()) {
      throw new ServiceStartException(why.get());
    }
  }

  /** An older copy of the store agrees with itself: only who saw a newer head can tell. */
  static void warnOfUnseenRollback(
      TrustFile trust, StoreConfig store, Optional<CounterAnchor> counter) {
    if (!trust.logPolicy().needsWitnesses() && store.anchor().isEmpty() && counter.isEmpty()) {
      System.getLogger(StartChecks.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "rollback_unseen",
              LogFields.of(
                  "message",
                  "no witness sees the ledger's heads and nothing anchors them, so that a store put back"
                      + " to an older copy would go unseen: name a quorum of witnesses in the trust file's"
                      + " log_policy, or an anchor"));
    }
  }

  private static void requireSame(String what, String own, String trusted)
      throws ServiceStartException {
    if (!own.equals(trusted)) {
      throw new ServiceStartException(
          "the trust file's "
              + what
              + " must be the service's, "
              + own
              + ", is "
              + trusted
              + ": name the trust file that writ keys init made for it");
    }
  }

  /** Where revocation is published, which the trust file must say. */
  static StatusSource statusSource(TrustFile trust) throws ServiceStartException {
    return trust
        .content()
        .status()
        .orElseThrow(
            () ->
                new ServiceStartException(
                    "the trust file must name status, so that artifacts can be revoked, and does"
                        + " not: make one by writ keys init"));
  }

  /** That what the token's keys sign is believed. */
  static void requireTrusted(KeysInUse keys, TrustFile trust) throws ServiceStartException {
    requireTrusted(trust, KeyRole.ISSUER, keys.issuer().kid());
    requireTrusted(trust, KeyRole.STATUS, keys.status().kid());
    KeysInUse.InUse checkpoint = keys.of(KeyRole.CHECKPOINT);
    NoteKey log = NoteKey.ofP256(trust.logOrigin(), checkpoint.key().publicKey());
    if (trust.logPolicy().logs().stream().noneMatch(each -> each.key().equals(log))) {
      throw notTrusted("checkpoint", checkpoint.kid());
    }
  }

  private static void requireTrusted(TrustFile trust, KeyRole role, Hash kid)
      throws ServiceStartException {
    boolean isTrusted =
        trust.content().keysOf(role).stream()
            .anyMatch(key -> key.key().kid().equals(kid) && SIGNING.contains(key.state()));
    if (!isTrusted) {
      throw notTrusted(role.wire(), kid);
    }
  }

  private static ServiceStartException notTrusted(String role, Hash kid) {
    return new ServiceStartException(
        "the trust file must name the token's "
            + role
            + " key, "
            + kid.hex()
            + ", and does not: name the trust file that belongs to this token");
  }
}
