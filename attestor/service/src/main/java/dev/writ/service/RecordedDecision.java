// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Ear;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.evidence.KeptEvidence;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/** A decision as it lies beside its leaf, held against what the leaf says of it. */
final class RecordedDecision {
  private final Leaf leaf;
  private final KeptMembers members;
  private final Application application;
  private final KeptEvidence evidence;
  private final Optional<RecordedResult> result;
  private final Optional<RecordedInputs> inputs;

  /** What was found of the host, and its bytes. */
  record RecordedResult(Ear ear, byte[] json) {}

  private record RecordedInputs(Inputs inputs, byte[] json) {}

  private RecordedDecision(
      Leaf leaf,
      KeptMembers members,
      Application application,
      KeptEvidence evidence,
      Optional<RecordedResult> result,
      Optional<RecordedInputs> inputs) {
    this.leaf = leaf;
    this.members = members;
    this.application = application;
    this.evidence = evidence;
    this.result = result;
    this.inputs = inputs;
  }

  /** Reads what lies beside a decision's leaf. */
  static RecordedDecision read(Leaf leaf, KeptMembers members, ReplaySteps steps)
      throws ContradictionException {
    steps.begin(ReplayStep.REQUEST);
    ExecutionRequest request = members.request();
    requireDigest("request", requestDigest(leaf), request.digest());
    Optional<ExecBinding> exec = members.exec();
    steps.same();
    steps.begin(ReplayStep.EVIDENCE);
    byte[] bytes = members.evidence();
    requireDigest("evidence", evidenceDigest(leaf), Hash.sha256(bytes));
    KeptEvidence evidence = KeptMembers.parsed(bytes);
    Application application;
    try {
      application =
          new Application(
              members.akName(),
              members.challenge(),
              request,
              exec,
              evidence.statements(),
              Optional.empty(),
              members.parent());
    } catch (IllegalArgumentException e) {
      throw new ContradictionException(
          "exec", "what the request is of", String.valueOf(e.getMessage()));
    }
    steps.same();
    steps.begin(ReplayStep.APPRAISAL);
    requireOfAllow(leaf, members, "ear", steps);
    Optional<RecordedResult> result = result(members);
    steps.begin(ReplayStep.INPUTS);
    requireOfAllow(leaf, members, "inputs", steps);
    Optional<RecordedInputs> inputs = inputs(members);
    return new RecordedDecision(leaf, members, application, evidence, result, inputs);
  }

  /** An allow came to it, and always keeps it; what can be judged without is judged all the same. */
  private static void requireOfAllow(
      Leaf leaf, KeptMembers members, String member, ReplaySteps steps) {
    try {
      if (leaf.body() instanceof LeafBody.DecisionAllow) {
        members.require(member);
      }
    } catch (ContradictionException e) {
      // Of the time before leaves named their payloads allows without an Attestation Result are
      // honest.
      boolean older = member.equals("ear") && leaf.payload().isEmpty();
      steps.say(
          older
              ? new StepOutcome.NotKept("older versions kept no Attestation Result")
              : e.outcome());
    }
  }

  private static Optional<Hash> requestDigest(Leaf leaf) {
    return leaf.body() instanceof LeafBody.DecisionAllow allow
        ? Optional.of(allow.requestDigest())
        : ((LeafBody.DecisionDeny) leaf.body()).requestDigest();
  }

  private static Optional<Hash> evidenceDigest(Leaf leaf) {
    return leaf.body() instanceof LeafBody.DecisionAllow allow
        ? Optional.of(allow.evidenceDigest())
        : ((LeafBody.DecisionDeny) leaf.body()).evidenceDigest();
  }

  private static void requireDigest(String member, Optional<Hash> named, Hash is)
      throws ContradictionException {
    if (!named.equals(Optional.of(is))) {
      throw new ContradictionException(
          member,
          named.map(digest -> "of digest " + digest).orElse("absent, as the leaf names none"),
          "of digest " + is);
    }
  }

  private static Optional<RecordedResult> result(KeptMembers members)
      throws ContradictionException {
    if (!members.has("ear")) {
      return Optional.empty();
    }
    byte[] json = members.canonical("ear");
    return Optional.of(new RecordedResult(members.result(), json));
  }

  private static Optional<RecordedInputs> inputs(KeptMembers members)
      throws ContradictionException {
    if (!members.has("inputs")) {
      return Optional.empty();
    }
    return Optional.of(
        new RecordedInputs(members.inputs().orElseThrow(), members.canonical("inputs")));
  }

  /** What was asked; its Evidence is without logs. */
  Application application() {
    return application;
  }

  /** With the digests of the logs. */
  KeptEvidence evidence() {
    return evidence;
  }

  Optional<RecordedResult> result() {
    return result;
  }

  /** What the policy was shown. */
  Optional<Inputs> inputs() {
    return inputs.map(RecordedInputs::inputs);
  }

  long epoch() {
    return Explanation.epochOf(leaf);
  }

  Hash policyDigest() {
    return Explanation.policyOf(leaf);
  }

  boolean allowed() {
    return leaf.body() instanceof LeafBody.DecisionAllow;
  }

  /** When it was decided; a denial's leaf is of a little later. */
  Instant decided() {
    if (allowed()) {
      return leaf.time();
    }
    return inputs
        .map(recorded -> recorded.inputs().now())
        .or(() -> result.map(recorded -> recorded.ear().iat()))
        .orElse(leaf.time());
  }

  /** Whether it is a denial before the policy was asked, or after it allowed, for such a reason. */
  boolean isDenied(Predicate<String> reasons) {
    return leaf.body() instanceof LeafBody.DecisionDeny deny
        && !members.has("decision")
        && !members.has("decision_digest")
        && reasons.test(deny.reason());
  }

  /** A denial's reason. */
  String reason() {
    return leaf.body() instanceof LeafBody.DecisionDeny deny ? deny.reason() : "";
  }

  /** What a denied host was told. */
  String message() throws ContradictionException {
    return members.text("message");
  }

  /** A denial's code and reason beside the leaf are the leaf's. */
  void requireDenialOfLeaf() throws ContradictionException {
    if (leaf.body() instanceof LeafBody.DecisionDeny deny) {
      require("code", deny.code().wire());
      require("reason", deny.reason());
    }
  }

  private void require(String member, String mustBe) throws ContradictionException {
    String was = members.text(member);
    if (!was.equals(mustBe)) {
      throw new ContradictionException(member, mustBe, was);
    }
  }

  /** Compares what the policy was shown with what it is shown now; empty where that is not kept. */
  Optional<Inputs> compareInputs(ReplaySteps steps, ReplayedAppraisal appraisal)
      throws LedgerException, ContradictionException {
    steps.begin(ReplayStep.INPUTS);
    if (inputs.isEmpty()) {
      steps.say(
          new StepOutcome.NotKept(
              members.has("inputs_digest")
                  ? "the inputs were longer than is kept: there is their digest alone"
                  : "denied " + reason() + " after the policy allowed, by what is not kept"));
      return Optional.empty();
    }
    Inputs was = inputs.get().inputs();
    if (!isInTime(was.now())) {
      steps.mismatch("inputs.now", was.now().toString(), "the time of the leaf, " + leaf.time());
      return Optional.empty();
    }
    Inputs came = appraisal.inputs(was);
    byte[] json = came.toJson();
    steps.made(json);
    var unused =
        steps.compare(
            "inputs",
            inputs.get().json(),
            json,
            was.governance().initiator().isPresent()
                ? "the initiator stands as recorded: what proved it is not kept"
                : "");
    return Optional.of(came);
  }

  private boolean isInTime(Instant now) {
    return allowed()
        ? now.equals(leaf.time())
        : !now.isAfter(leaf.time()) && now.plus(ReplayWalk.DECIDING).isAfter(leaf.time());
  }

  /** Compares what the policy said of a denial. */
  void compareDecision(ReplaySteps steps, Decision.Deny came, byte[] json)
      throws ContradictionException {
    compareDecision(members, steps, came, json);
  }

  /** Compares what a policy said that denied with what is kept of it. */
  static void compareDecision(
      KeptMembers members, ReplaySteps steps, Decision.Deny came, byte[] json)
      throws ContradictionException {
    if (members.has("decision")) {
      var unused = steps.compare("decision", members.canonical("decision"), json, "");
    } else {
      String was = members.text("decision_digest");
      if (was.equals(came.digest().hex())) {
        steps.same("its digest");
      } else {
        steps.mismatch("decision_digest", was, came.digest().hex());
      }
    }
  }
}
