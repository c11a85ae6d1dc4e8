// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.service.RecordedHosts.RecordedHost;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/** The way of one decision through a {@link Replay}, in the order in which {@link Judge} goes. */
final class ReplayWalk {
  /** From the look at a challenge to the leaf: what waits on the way is refused before. */
  static final Duration DECIDING = Duration.ofSeconds(30);

  private static final Set<String> LATE = Set.of("challenge_expired", "challenge_of_earlier_epoch");
  private static final Set<String> BEYOND =
      Set.of("issuer_mismatch", "tenant_mismatch", Scope.NOT_ACCEPTED);

  private static final String REVOKED = "ek_revoked";

  private final ServiceIdentity identity;
  private final RecordedGrounds grounds;
  private final long index;
  private final Leaf leaf;
  private final ReplaySteps steps;
  private final ReplayedPolicy policies;

  /** What an allow issued. */
  private Optional<ReplayedArtifact> issued = Optional.empty();

  ReplayWalk(
      ServiceIdentity identity, RecordedGrounds grounds, long index, Leaf leaf, ReplaySteps steps) {
    this.identity = identity;
    this.grounds = grounds;
    this.index = index;
    this.leaf = leaf;
    this.steps = steps;
    this.policies = new ReplayedPolicy(grounds, steps, index, leaf);
  }

  /** Goes as far as what is kept leads. */
  void walk(Optional<byte[]> payload) throws LedgerException {
    steps.begin(ReplayStep.PAYLOAD);
    boolean mustName = mustName();
    if (payload.isEmpty()) {
      if (mustName) {
        return;
      }
      steps.say(
          leaf.payload().isPresent()
              ? new StepOutcome.Erased("what was kept beside the leaf")
              : new StepOutcome.NotKept("nothing lies beside the leaf, and it names nothing"));
      return;
    }
    comparePayload(payload.get(), mustName);
    KeptMembers members;
    try {
      members = KeptMembers.of(payload.get());
    } catch (ContradictionException e) {
      steps.say(e.outcome());
      return;
    }
    if (leaf.body() instanceof LeafBody.DecisionAllow allow) {
      issued = Optional.of(new ReplayedArtifact(steps, leaf, allow, members));
    }
    try {
      decide(RecordedDecision.read(leaf, members, steps));
    } catch (ContradictionException e) {
      steps.say(e.outcome());
    }
    issued.ifPresent(artifact -> artifact.compareSignature(grounds.issuers(), index));
  }

  /** Says so of an allow that names nothing, though leaves of its log did before it. */
  private boolean mustName() throws LedgerException {
    if (leaf.payload().isPresent() || !(leaf.body() instanceof LeafBody.DecisionAllow)) {
      return false;
    }
    OptionalLong named = grounds.payloadNamedBefore(index);
    if (named.isPresent()) {
      steps.say(
          new StepOutcome.Differs(
              "leaf " + index + ".payload",
              "absent",
              "a digest, as leaves have it from leaf " + named.getAsLong() + " on"));
    }
    return named.isPresent();
  }

  private void comparePayload(byte[] payload, boolean mustName) {
    Hash is = Hash.sha256(payload);
    if (mustName) {
      steps.notVouched();
    } else if (leaf.payload().isEmpty()) {
      steps.say(
          new StepOutcome.NotKept(
              "the leaf is of an older version and does not name what lies beside it"));
      steps.notVouched();
    } else if (leaf.payload().get().equals(is)) {
      steps.same();
    } else {
      steps.say(
          new StepOutcome.Contradicts(
              "payload of leaf " + index,
              "of SHA-256 " + leaf.payload().get(),
              "of SHA-256 " + is));
      steps.notVouched();
    }
  }

  private void decide(RecordedDecision recorded) throws LedgerException, ContradictionException {
    PolicyInForce policy =
        policies.of(
            recorded.epoch(), recorded.policyDigest(), recorded.decided(), recorded.allowed());
    steps.begin(ReplayStep.HOST);
    RecordedHost host = grounds.hosts().host(recorded.application().akName());
    policies.requireParent(host.host().enrolment(), "the host's enrolment");
    steps.same(
        host.endorsement().isPresent()
            ? ""
            : "what the enrolment kept is erased; its leaf names the key");
    CountedApprovals approvals =
        new ReplayedApprovals(grounds, steps, index, leaf).of(policy, host, recorded);
    steps.begin(ReplayStep.QUOTE);
    QuoteOutcome quoted =
        Judge.verifyQuote(
            recorded.application().evidence(),
            recorded.application().challenge(),
            recorded.application().request(),
            host.host().ak());
    if (!(quoted instanceof VerifiedQuote quote)) {
      QuoteOutcome.Refused refused = (QuoteOutcome.Refused) quoted;
      String came = refused.reason() + ": " + refused.message();
      // Evidence, request and key are those of leaves: what is left is the challenge.
      steps.say(
          steps.isVouched()
              ? new StepOutcome.Differs("quote", "one that holds", came)
              : new StepOutcome.Contradicts("challenge", "the one that the quote answers", came));
      return;
    }
    steps.same();
    decide(recorded, policy, host, approvals, quote);
  }

  private void decide(
      RecordedDecision recorded,
      PolicyInForce policy,
      RecordedHost host,
      CountedApprovals approvals,
      VerifiedQuote quote)
      throws LedgerException, ContradictionException {
    Application application = recorded.application();
    Instant at = recorded.decided();
    steps.begin(ReplayStep.CHALLENGE);
    Optional<Denial> late = Challenges.late(application.challenge(), recorded.epoch(), at);
    if (!recorded.isDenied(LATE::contains) && late.isPresent()) {
      // The look at the clock came before; what was decided has a later time.
      late = Challenges.late(application.challenge(), recorded.epoch(), at.minus(DECIDING));
    }
    if (late.isPresent() && !recorded.isDenied(LATE::contains) && !steps.isVouched()) {
      steps.say(
          new StepOutcome.Contradicts(
              "challenge", "answered in time, under the leaf's epoch", late.get().reason()));
      return;
    }
    if (!goesOn(recorded, late, LATE::contains)) {
      return;
    }
    steps.begin(ReplayStep.SCOPE);
    Optional<Denial> beyond =
        recorded.isDenied(Scope.NOT_ACCEPTED::equals)
            ? Scope.judgeAsBefore(identity, application.request())
            : Scope.judge(identity, application.request());
    if (!goesOn(recorded, beyond, BEYOND::contains)) {
      return;
    }
    steps.begin(ReplayStep.KEY);
    KeyStanding standing =
        KeyStanding.of(
            application.evidence(),
            application.request().jkt(),
            host.host().akName(),
            host.host().ak(),
            grounds.hosts().keysBefore(index));
    if (!goesOn(
        recorded,
        standing instanceof KeyStanding.Unfit unfit
            ? Optional.of(unfit.denial())
            : Optional.empty(),
        ReplayWalk::isOfKeys)) {
      return;
    }
    KeyStanding.Fit key = (KeyStanding.Fit) standing;
    if (recorded.isDenied(
        reason -> reason.startsWith(Parents.REASONS) || reason.startsWith(Renewals.REASONS))) {
      steps.begin(ReplayStep.PARENT);
      steps.say(
          new StepOutcome.NotKept("denied " + recorded.reason() + " by what was known of it then"));
      recorded.requireDenialOfLeaf();
      return;
    }
    ReplayedOrigins origins = new ReplayedOrigins(grounds, steps, policies, index, leaf);
    Optional<ParentGrant> parent = origins.parent(recorded, policy);
    if (application.request().parent().isPresent() && parent.isEmpty()) {
      return;
    }
    origins.renewed(application.request());
    ReplayedAppraisal appraisal =
        new ReplayedAppraisal(grounds, recorded, policy, host, quote, key.storage(), index);
    parent.ifPresent(appraisal::under);
    if (recorded.isDenied(REVOKED::equals)) {
      steps.begin(ReplayStep.ENDORSEMENT);
      revoked(recorded, appraisal.endorsedAt(at));
      return;
    }
    if (recorded.allowed() && (recorded.result().isEmpty() || recorded.inputs().isEmpty())) {
      // Said where it was read.
      return;
    }
    if (recorded.result().isEmpty()) {
      steps.begin(ReplayStep.APPRAISAL);
      steps.say(
          new StepOutcome.NotKept(
              "denied " + recorded.reason() + " by what is not kept, after the steps above"));
      recorded.requireDenialOfLeaf();
      return;
    }
    appraisal.compare(steps, recorded.result().get());
    appraisal.approvedBy(approvals);
    Optional<Inputs> inputs = recorded.compareInputs(steps, appraisal);
    if (inputs.isPresent()) {
      policySays(recorded, policy, inputs.get(), appraisal);
    } else {
      recorded.requireDenialOfLeaf();
    }
  }

  private void revoked(RecordedDecision recorded, Optional<EndorsementOutcome> endorsement)
      throws ContradictionException {
    if (endorsement.isPresent()
        && endorsement.get() instanceof EndorsementOutcome.Revoked revoked) {
      steps.same("denied: " + revoked.reason());
      steps.begin(ReplayStep.DENIAL);
      compareDenial(recorded, Endorsements.revoked(revoked));
      return;
    }
    steps.say(
        endorsement.isEmpty()
            ? new StepOutcome.Erased("the TPM's certificate, of which revocation was said")
            : new StepOutcome.NotKept(
                "the revocation list of then, if those that are configured do not say it any more"));
    recorded.requireDenialOfLeaf();
  }

  /** Names of what verification of a key's certification refuses with, as leaves have them. */
  private static boolean isOfKeys(String reason) {
    return reason.startsWith("key_")
        || reason.startsWith("attest_")
        || reason.startsWith("signature_")
        || reason.startsWith("qualif");
  }

  /** Names of denials before the policy's that can be made again. */
  private static boolean isOfSteps(String reason) {
    return LATE.contains(reason)
        || BEYOND.contains(reason)
        || isOfKeys(reason)
        || reason.equals(REVOKED);
  }

  /**
   * Whether the decision went on after a step that came to this.
   *
   * @param own the reasons with which this step denies
   */
  private boolean goesOn(RecordedDecision recorded, Optional<Denial> came, Predicate<String> own)
      throws ContradictionException {
    if (came.isEmpty()) {
      if (recorded.isDenied(own)) {
        steps.mismatch("reason", recorded.reason(), "no denial");
        return false;
      }
      steps.same();
      return true;
    }
    Denial denial = came.get();
    if (recorded.isDenied(own)) {
      steps.same("denied: " + denial.reason());
      steps.made(denial.message().getBytes(StandardCharsets.UTF_8));
      steps.begin(ReplayStep.DENIAL);
      compareDenial(recorded, denial);
    } else if (recorded.isDenied(reason -> !isOfSteps(reason))) {
      steps.say(
          new StepOutcome.NotKept(
              "denied " + recorded.reason() + " by what is not kept; this step would deny, too"));
      recorded.requireDenialOfLeaf();
    } else {
      steps.mismatch(
          "reason", recorded.allowed() ? "no denial" : recorded.reason(), denial.reason());
    }
    return false;
  }

  private void compareDenial(RecordedDecision recorded, Denial came) throws ContradictionException {
    recorded.requireDenialOfLeaf();
    LeafBody.DecisionDeny deny = (LeafBody.DecisionDeny) leaf.body();
    if (deny.code() != came.code() || !deny.reason().equals(came.reason())) {
      steps.mismatch(
          "reason",
          deny.code().wire() + " " + deny.reason(),
          came.code().wire() + " " + came.reason());
    } else if (!recorded.message().equals(came.message())) {
      steps.mismatch("message", recorded.message(), came.message());
    } else {
      steps.same();
    }
  }

  private void policySays(
      RecordedDecision recorded, PolicyInForce policy, Inputs inputs, ReplayedAppraisal appraisal)
      throws ContradictionException {
    Decision decision = policy.policy().decide(inputs);
    byte[] json = decision.toJson();
    steps.made(json);
    steps.begin(ReplayStep.DECISION);
    if (issued.isEmpty()) {
      if (!(decision instanceof Decision.Deny denied)) {
        steps.mismatch("verdict", "deny", "allow");
        return;
      }
      recorded.compareDecision(steps, denied, json);
      steps.begin(ReplayStep.DENIAL);
      compareDenial(recorded, Denial.of(denied, Optional.empty()));
      return;
    }
    if (!(decision instanceof Decision.Allow allow)) {
      Decision.Reason first = decision.reasons().get(0);
      steps.mismatch("verdict", "allow", "deny " + first.code().wire() + " by " + first.rule());
      return;
    }
    steps.same();
    ReplayedArtifact artifact = issued.get();
    artifact.compareClaims(allow, appraisal.grounds(recorded.decided()), identity.origin());
    artifact.compareCommitments(recorded.application(), appraisal.hostName());
  }
}
