// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.hsm.HsmException;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * The issuance pipeline: verify → decide → sign the artifact → commit → sign the tree head → answer.
 *
 * <p>Every decision on a host that showed to be the one that asks is in the ledger, under a signed
 * checkpoint, before it is answered. What no enrolled host asked is counted, and no more. Without a receipt there is no artifact: one that was signed and not committed never leaves
 * this class.
 */
public final class Issuance {
  private final Hosts hosts;
  private final Judge judge;
  private final ArtifactSigner signer;
  private final DecisionEntries entries;
  private final Ledger ledger;
  private final LongAdder unauthenticated = new LongAdder();

  Issuance(
      Hosts hosts, Judge judge, ArtifactSigner signer, DecisionEntries entries, Ledger ledger) {
    this.hosts = hosts;
    this.judge = judge;
    this.signer = signer;
    this.entries = entries;
    this.ledger = ledger;
  }

  /**
   * One way through the pipeline.
   *
   * @param superseded whether state that the decision used changed under it; nothing was kept then
   */
  private record Attempt(IssuanceOutcome outcome, boolean superseded) {
    static Attempt ended(IssuanceOutcome outcome) {
      return new Attempt(outcome, false);
    }
  }

  /**
   * Decides on an application and answers when the decision is durable. Whatever fails on the way ends
   * in {@code unverifiable}.
   */
  public IssuanceOutcome issue(Application application) {
    try {
      Attempt first = attempt(application);
      // Decide once more, on what is then in force.
      return first.superseded() ? attempt(application).outcome() : first.outcome();
    } catch (LedgerException e) {
      return unavailable(LEDGER_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      Defect.log("an issuance", e);
      return unavailable(Defect.REASON, Defect.MESSAGE);
    }
  }

  /** How many applications were denied since the start of which no enrolled host was the author. */
  public long unauthenticated() {
    return unauthenticated.sum();
  }

  private Attempt attempt(Application application) throws LedgerException {
    Optional<Host> host = hosts.named(application.akName());
    if (host.isEmpty()) {
      unauthenticated.increment();
      return Attempt.ended(HOST_NOT_ENROLLED);
    }
    Judgement judgement = judge.judge(application, host.get());
    if (judgement instanceof Judgement.Unauthenticated nobody) {
      unauthenticated.increment();
      return Attempt.ended(nobody.denial());
    }
    if (judgement instanceof Judgement.Refused refused) {
      return record(application, host.get(), refused);
    }
    return grant((Judgement.Granted) judgement);
  }

  private Attempt grant(Judgement.Granted granted) throws LedgerException {
    Application application = granted.grounds().application();
    Host host = granted.grounds().host();
    Artifact artifact;
    try {
      artifact = signer.sign(granted.allow(), granted.grounds());
    } catch (HsmException e) {
      return record(application, host, notSigned(e));
    }
    CommitOutcome outcome = commit(entries.allowed(granted, artifact, signer.kid()));
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return Attempt.ended(
          new IssuanceOutcome.Issued(
              ProofBundle.of(artifact, receipt.leaf(), receipt.tlogProof().format())));
    }
    if (outcome instanceof CommitOutcome.Replayed) {
      return record(application, host, REPLAYED);
    }
    if (outcome instanceof CommitOutcome.Refused refused
        && refused.why() == CommitOutcome.Refusal.INSTANCE_KEY_TAKEN) {
      return record(application, host, INSTANCE_KEY_TAKEN);
    }
    return notCommitted(outcome);
  }

  /** Puts a denial into the ledger, and answers with it once it is there. */
  private Attempt record(Application application, Host host, Judgement.Refused refused)
      throws LedgerException {
    CommitOutcome outcome = commit(entries.denied(application, host, refused));
    if (outcome instanceof CommitOutcome.Receipt) {
      return Attempt.ended(refused.denial());
    }
    if (outcome instanceof CommitOutcome.Replayed) {
      return switch (refused.nonce()) {
        case SPENT -> record(application, host, REPLAYED);
        case SPENT_IF_FREE -> record(application, host, leavingNonce(refused));
        case LEFT ->
            throw new IllegalStateException("bug: replayed was an entry that took nothing");
      };
    }
    return notCommitted(outcome);
  }

  private CommitOutcome commit(Entry entry) {
    return ledger.commit(entry).toCompletableFuture().join();
  }

  private static Attempt notCommitted(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Superseded superseded) {
      return new Attempt(
          unavailable(
              "state_changed",
              "what a decision rests on must hold when it is committed, and did not: "
                  + needed(superseded.precondition())),
          true);
    }
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return Attempt.ended(unavailable(LEDGER_UNAVAILABLE, unavailable.message()));
    }
    if (outcome instanceof CommitOutcome.Refused refused) {
      return Attempt.ended(
          unavailable(
              "ledger_refused",
              "the ledger must take the decision, and refused it: "
                  + refused.why().name().toLowerCase(Locale.ROOT)));
    }
    throw new IllegalStateException("bug: a commit outcome that nothing here answers: " + outcome);
  }

  /** What must hold, in words. */
  private static String needed(Precondition precondition) {
    if (precondition instanceof Precondition.EpochIs) {
      return "the service's policy is the one in force";
    } else if (precondition instanceof Precondition.HostActive) {
      return "the host is active";
    } else if (precondition instanceof Precondition.KeyActive) {
      return "the issuer's key is active and in its window";
    }
    return "the parent is live";
  }

  private static IssuanceOutcome.Denied unavailable(String reason, String message) {
    return new IssuanceOutcome.Denied(DenialCode.UNVERIFIABLE, reason, message);
  }

  private static Judgement.Refused notSigned(HsmException e) {
    return new Judgement.Refused(
        unavailable(
            e.ckrName().orElse(e.fault().name()).toLowerCase(Locale.ROOT),
            String.valueOf(e.getMessage())),
        Judgement.Nonce.SPENT,
        Optional.empty());
  }

  private static Judgement.Refused leavingNonce(Judgement.Refused refused) {
    return new Judgement.Refused(refused.denial(), Judgement.Nonce.LEFT, refused.decision());
  }

  static final String LEDGER_UNAVAILABLE = "ledger_unavailable";

  /** No leaf: an unknown caller could fill the ledger. */
  static final IssuanceOutcome.Denied HOST_NOT_ENROLLED =
      new IssuanceOutcome.Denied(
          DenialCode.ENVIRONMENT_UNTRUSTED,
          "host_not_enrolled",
          "the attestation key must be an enrolled host's, and is not; enrol first");

  /** The nonce is another decision's, so this denial cannot take it. */
  private static final Judgement.Refused REPLAYED =
      new Judgement.Refused(
          new IssuanceOutcome.Denied(
              DenialCode.REPLAYED,
              "challenge_used",
              "a challenge is good for one request; ask again"),
          Judgement.Nonce.LEFT,
          Optional.empty());

  private static final Judgement.Refused INSTANCE_KEY_TAKEN =
      new Judgement.Refused(
          new IssuanceOutcome.Denied(
              DenialCode.RUNTIME_INTEGRITY,
              "instance_key_taken",
              "an instance key must be one host's, under one TPM name, and this one is known otherwise"),
          Judgement.Nonce.SPENT,
          Optional.empty());
}
