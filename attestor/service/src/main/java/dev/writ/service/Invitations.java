// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ApprovalOf;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Octets;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Lets operators invite hosts. An invitation is a secret of 32 random bytes, told once; the ledger
 * holds its digest and the one name under which a host may enrol with it.
 */
public final class Invitations {
  /** Longest validity of an invitation. */
  public static final Duration LONGEST = Duration.ofDays(30);

  /** Length of an invitation's secret. */
  public static final int SECRET_BYTES = 32;

  private final Operations operations;
  private final Ledger ledger;
  private final Supplier<Hash> policyLeaf;
  private final InstantSource clock;
  private final SecureRandom random;

  Invitations(
      Operations operations,
      Ledger ledger,
      Supplier<Hash> policyLeaf,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.ledger = ledger;
    this.policyLeaf = policyLeaf;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Invites a host to enrol, once.
   *
   * @param hostName the one name under which it may
   * @param validity how long it has for that: at least a second, at most {@link #LONGEST}
   */
  public CompletionStage<InvitationOutcome> invite(String hostName, Duration validity) {
    return operations.begin(
        "an invitation",
        () -> {
          require(hostName, validity);
          byte[] secret = new byte[SECRET_BYTES];
          random.nextBytes(secret);
          Instant now = Instant.ofEpochMilli(clock.millis());
          Instant expires = now.plus(validity);
          return ledger
              .commit(entry(hostName, digest(secret), now, expires))
              .thenApply(outcome -> outcome(hostName, Octets.of(secret), expires, outcome));
        },
        InvitationOutcome.Denied::new);
  }

  /** By which the ledger knows an invitation. */
  static Hash digest(byte[] secret) {
    return Hash.sha256(secret);
  }

  private static void require(String hostName, Duration validity) {
    if (!AdmittedHosts.isName(hostName)) {
      throw new DeniedException(
          Denial.malformed("host_name_malformed", "a host's name must be " + AdmittedHosts.FORM));
    }
    if (validity.compareTo(Duration.ofSeconds(1)) < 0 || validity.compareTo(LONGEST) > 0) {
      throw new DeniedException(
          Denial.malformed(
              "validity_out_of_bounds",
              "an invitation must be valid for 1 to "
                  + LONGEST.toSeconds()
                  + " seconds, was for "
                  + validity.toSeconds()));
    }
  }

  private Entry entry(String hostName, Hash digest, Instant now, Instant expires) {
    byte[] salt = Commitment.newSalt(random);
    Commitment host = Commitment.of(salt, hostName.getBytes(StandardCharsets.UTF_8));
    Leaf leaf =
        Leaf.of(
            now,
            UuidV7.next(clock, random),
            List.of(policyLeaf.get()),
            new LeafBody.Approval(ApprovalOf.ENROLMENT, host, digest, expires));
    return Entry.of(leaf, new StateChange.AddInvitation(digest, hostName, expires))
        .withPayload(Payload.invitation(hostName, salt, Commitment.newSalt(random)));
  }

  private static InvitationOutcome outcome(
      String hostName, Octets secret, Instant expires, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return new InvitationOutcome.Invited(hostName, secret, expires, receipt.index());
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      return new InvitationOutcome.Denied(
          new Denial(
              DenialCode.ENVIRONMENT_UNTRUSTED,
              refused.why().name().toLowerCase(Locale.ROOT),
              "a host that is invited must not be enrolled yet, and one of this name is"));
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return new InvitationOutcome.Denied(Denial.of(unavailable));
    }
    throw new IllegalStateException("bug: an invitation has no preconditions, yet got " + outcome);
  }
}
