// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.PublishedTrust;
import dev.writ.policy.Breakglass;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyTests;
import dev.writ.policy.Rule;
import dev.writ.policy.TestReport;
import dev.writ.tlog.Hash;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Puts the next version of the policy in force, on its approvers' word. What is in force has no say in
 * it: one that denies everything, has run out or cannot be read is replaced as any other. On a thread of
 * its own, so that no load keeps an operator from it.
 *
 * <p>A crash leaves the policy before or the next, since one transaction makes both leaf and epoch. The
 * node that published follows the ledger as any other does, before it answers.
 */
public final class PolicyPublications implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(PolicyPublications.class.getName());

  /** Each is compiled twice: none waits for long behind these. */
  private static final Limits.Pool ONE_BY_ONE = new Limits.Pool(1, 4, Duration.ofSeconds(10));

  private static final int MOST_SENTENCES = 3;

  private final String tenant;
  private final Operations operations;
  private final WorkPool pool = new WorkPool("policy", ONE_BY_ONE);
  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeptPolicies kept;
  private final Policies policies;
  private final StatusTokens statusTokens;
  private final InstantSource clock;
  private final SecureRandom random;

  /** What became of a publication. */
  public sealed interface Outcome {
    /**
     * It is in force.
     *
     * @param policy what every decision from here on names
     * @param endsEarlier whether artifacts of earlier epochs ended with it
     * @param leafIndex where the ledger says so
     */
    record Published(PolicyReference policy, boolean endsEarlier, long leafIndex)
        implements Outcome {}

    /** It is not, and what was in force is. */
    record Denied(Denial denial) implements Outcome {}
  }

  /**
   * What holds in every way that can be seen before it is committed.
   *
   * @param current the epoch that it follows
   * @param parent the leaf of that
   * @param judged under which trust file its signatures were
   */
  private record Candidate(
      GivenPolicy file, PolicyEpoch current, Hash parent, Precondition.NoTrustAfter judged) {
    LeafBody.PolicyInForce body() {
      return PolicyEntries.body(file.document(), current.epoch() + 1);
    }
  }

  PolicyPublications(
      String tenant,
      Operations operations,
      Ledger ledger,
      TrustFiles trust,
      Policies policies,
      StatusTokens statusTokens,
      InstantSource clock,
      SecureRandom random) {
    this.tenant = tenant;
    this.operations = operations;
    this.ledger = ledger;
    this.trust = trust;
    this.kept = new KeptPolicies(ledger, trust);
    this.policies = policies;
    this.statusTokens = statusTokens;
    this.clock = clock;
    this.random = random;
  }

  /** Publishes a policy, if it may be. Once it is, decisions are by it and status tokens say so. */
  public CompletionStage<Outcome> publish(PolicyEnvelope envelope) {
    return operations.begin(
        "a publication",
        () ->
            attempt(envelope)
                // Signatures are judged once more, by the approvers of the leaf's own time.
                .thenCompose(
                    first ->
                        first.isOutrun()
                            ? attempt(envelope)
                            : CompletableFuture.completedFuture(first))
                .thenCompose(this::concluded),
        Outcome.Denied::new);
  }

  /** What the ledger said to a candidate. */
  private record Attempt(Candidate candidate, CommitOutcome outcome) {
    /** Whether a trust file was published between judgement and commit. */
    boolean isOutrun() {
      return outcome instanceof CommitOutcome.Superseded superseded
          && superseded.reason().equals(candidate.judged());
    }
  }

  private CompletionStage<Attempt> attempt(PolicyEnvelope envelope) {
    return pool.submit(() -> checked(envelope)).thenCompose(this::commit);
  }

  private CompletionStage<Outcome> concluded(Attempt attempt) {
    return attempt.outcome() instanceof CommitOutcome.Receipt receipt
        ? follow(attempt.candidate(), receipt)
        : CompletableFuture.completedFuture(
            new Outcome.Denied(
                attempt.isOutrun()
                    ? Denial.unavailable(
                        "trust_behind",
                        "the trust file must stay as it is while the policy is published, and another"
                            + " came meanwhile; publish again in a second")
                    : refusal(attempt.outcome())));
  }

  /** In the order in which a person would mend it: form, signatures, place, time, use. */
  private Candidate checked(PolicyEnvelope envelope) throws LedgerException {
    GivenPolicy file;
    try {
      file = GivenPolicy.of(envelope);
    } catch (MalformedPolicyException e) {
      throw denied(DenialCode.UNVERIFIABLE, "policy_malformed", String.valueOf(e.getMessage()));
    }
    TrustContent believed = trust.newest().content();
    Optional<Denial> stranger = KeptPolicies.whyNotBelieved(file, believed);
    if (stranger.isPresent()) {
      throw new DeniedException(stranger.get());
    }
    requireNewestTrust(believed);
    PolicyEpoch current = ledger.policyEpoch().orElseThrow();
    requireNext(file.document(), kept.named(current));
    requireOwn(file);
    requireTime(file.document());
    requireReviewable(file.document());
    try {
      Policy policy = UsablePolicy.of(file.document()).policy();
      requireFreezable(policy);
      requireTested(policy);
    } catch (UnusablePolicyException e) {
      throw denied(DenialCode.UNVERIFIABLE, e.reason(), String.valueOf(e.getMessage()));
    }
    return new Candidate(
        file,
        current,
        LeafHashes.of(ledger, current.leafIndex()),
        new Precondition.NoTrustAfter(believed.version()));
  }

  /** Another node may have published approvers who are to be asked. */
  private void requireNewestTrust(TrustContent believed) throws LedgerException {
    long latest = ledger.latestTrust().map(PublishedTrust::version).orElse(0L);
    if (latest > believed.version()) {
      throw new DeniedException(
          Denial.unavailable(
              "trust_behind",
              "this node must have followed trust file version "
                  + latest
                  + ", and is at version "
                  + believed.version()
                  + "; publish again in a second"));
    }
  }

  private static void requireNext(PolicyDocument document, PolicyReference inForce) {
    if (!document.id().equals(inForce.id())) {
      throw denied(
          DenialCode.POLICY_MISMATCH,
          "policy_id",
          "the policy's id must be that of the one in force, "
              + inForce.id()
              + ", was "
              + document.id());
    }
    if (document.version() != inForce.version() + 1) {
      throw denied(
          DenialCode.POLICY_MISMATCH,
          "policy_version",
          "the policy's version must be "
              + (inForce.version() + 1)
              + ", one more than the one in force, was "
              + document.version()
              + (document.version() <= inForce.version()
                  ? "; to go back, give the older content the next version"
                  : ""));
    }
    String previous = document.previous().map(digest -> digest.hex()).orElse("absent");
    if (!previous.equals(inForce.digest().hex())) {
      throw denied(
          DenialCode.POLICY_MISMATCH,
          "policy_previous",
          "the policy's previous must be the digest of the one in force, "
              + inForce.digest().hex()
              + ", was "
              + previous);
    }
  }

  /** People who approve for several tenants may have meant another: here it would allow nothing. */
  private void requireOwn(GivenPolicy file) {
    Optional<String> why = file.whyNotFor(tenant);
    if (why.isPresent()) {
      throw denied(DenialCode.SCOPE_EXCEEDED, "policy_targets", why.get());
    }
  }

  /** It is in force from now on: until its time nothing would be allowed. */
  private void requireTime(PolicyDocument document) {
    Instant now = clock.instant();
    if (now.isBefore(document.effectiveFrom())) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "policy_not_effective",
          "the policy must be effective when it is published, and is from "
              + document.effectiveFrom()
              + " on: publish it then");
    }
    if (!now.isBefore(document.expires())) {
      throw denied(
          DenialCode.EXPIRED,
          "policy_expired",
          "the policy must not have expired, and did at " + document.expires());
    }
  }

  /** Not asked where a policy is read: one that is in force since before must go on deciding. */
  private static void requireReviewable(PolicyDocument document) {
    Optional<String> why = document.breakglass().flatMap(Breakglass::unreviewable);
    if (why.isPresent()) {
      throw denied(DenialCode.UNVERIFIABLE, "policy_breakglass_unreviewable", why.get());
    }
  }

  /** Likewise: a freeze of it would deny nothing, though nobody says so. */
  private static void requireFreezable(Policy policy) {
    Optional<Rule> silent = policy.silentOnFreezes();
    if (silent.isPresent()) {
      PolicyDocument document = policy.document();
      throw denied(
          DenialCode.UNVERIFIABLE,
          "policy_freeze_unsaid",
          "an enforced rule must tell Mode.FROZEN from Mode.NORMAL where one reads governance.mode, and"
              + " none does: rule "
              + silent.get().id()
              + ", rules["
              + document.rules().indexOf(silent.get())
              + "], reads it, so that a freeze would deny nothing; say what it denies, such as forbid"
              + " governance.mode == Mode.FROZEN (writ policy lint names the line)");
    }
  }

  /** Its tests are part of what was signed, and say what was meant. */
  private static void requireTested(Policy policy) {
    TestReport report = PolicyTests.run(policy);
    if (!report.passed()) {
      throw denied(
          DenialCode.UNVERIFIABLE,
          "policy_tests_failed",
          "the policy's own tests must pass, and do not: " + some(report.failures()));
    }
    if (!report.covers()) {
      throw denied(
          DenialCode.UNVERIFIABLE,
          "policy_not_covered",
          "the policy's own tests must hold every rule, and do not: " + some(report.gaps()));
    }
  }

  private static String some(List<String> sentences) {
    int more = sentences.size() - MOST_SENTENCES;
    return sentences.stream().limit(MOST_SENTENCES).collect(Collectors.joining("; "))
        + (more > 0 ? "; and " + more + " more: see writ policy test and cover" : "");
  }

  private CompletionStage<Attempt> commit(Candidate candidate) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(candidate.parent()),
            candidate.body());
    Precondition.EpochIs unchanged = new Precondition.EpochIs(candidate.current().epoch());
    Entry entry = PolicyEntries.entry(leaf, candidate.file(), unchanged, candidate.judged());
    return ledger.commit(entry).thenApply(outcome -> new Attempt(candidate, outcome));
  }

  /** Whatever fails from here on, it is published. */
  private CompletionStage<Outcome> follow(Candidate candidate, CommitOutcome.Receipt receipt) {
    PolicyReference published = candidate.body().policy();
    LOGGER.log(
        Level.INFO,
        "policy_published",
        LogFields.of("epoch", published.epoch(), "policy", published.id())
            .and("version", published.version())
            .and("digest", published.digest().hex())
            .and("leaf_index", receipt.index()));
    return pool.submit(
            () -> {
              policies.align();
              return statusTokens.publishAll();
            })
        .thenCompose(tokens -> tokens)
        .<Outcome>handle(
            (done, failure) ->
                new Outcome.Published(
                    published,
                    candidate.file().document().endsEarlierArtifacts(),
                    receipt.index()));
  }

  private static Denial refusal(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return Denial.of(unavailable);
    }
    if (outcome instanceof CommitOutcome.Superseded || outcome instanceof CommitOutcome.Refused) {
      return new Denial(
          DenialCode.REPLAYED,
          "policy_superseded",
          "the policy must follow the one in force, and another came into force meanwhile: make it the"
              + " next version of that");
    }
    throw new IllegalStateException("bug: a publication takes nothing, yet got " + outcome);
  }

  private static DeniedException denied(DenialCode code, String reason, String message) {
    return new DeniedException(new Denial(code, reason, message));
  }

  /** Takes no more. */
  @Override
  public void close() {
    pool.close();
  }

  WorkPool pool() {
    return pool;
  }
}
