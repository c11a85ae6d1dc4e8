// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Leaf;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.policy.Question;
import dev.writ.policy.Request;
import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * An answer to an enforcement point that showed no Evidence, given once more: out of the question as it is
 * kept, and the policy and mode of leaves before it. Who asked stands as recorded.
 */
final class ReplayedEvaluation {
  private final ServiceIdentity identity;
  private final ReplayedPolicy policies;
  private final Leaf leaf;
  private final Evaluation evaluation;
  private final ReplaySteps steps;

  ReplayedEvaluation(
      ServiceIdentity identity,
      RecordedGrounds grounds,
      long index,
      Leaf leaf,
      Evaluation evaluation,
      ReplaySteps steps) {
    this.identity = identity;
    this.policies = new ReplayedPolicy(grounds, steps, index, leaf);
    this.leaf = leaf;
    this.evaluation = evaluation;
    this.steps = steps;
  }

  /** Goes as far as what is kept leads. */
  void walk(Optional<byte[]> payload) throws LedgerException {
    steps.begin(ReplayStep.PAYLOAD);
    if (payload.isEmpty()) {
      steps.say(
          leaf.payload().isPresent()
              ? new StepOutcome.Erased("what was kept beside the leaf")
              : new StepOutcome.Differs("payload", "absent", "a digest, as each answer has"));
      return;
    }
    if (leaf.payload().equals(Optional.of(Hash.sha256(payload.get())))) {
      steps.same();
    } else {
      steps.say(
          new StepOutcome.Contradicts(
              "payload", "what the leaf names", "of SHA-256 " + Hash.sha256(payload.get())));
      steps.notVouched();
    }
    try {
      decide(KeptMembers.of(payload.get()));
    } catch (ContradictionException e) {
      steps.say(e.outcome());
    }
  }

  private void decide(KeptMembers members) throws LedgerException, ContradictionException {
    PolicyInForce policy =
        policies.of(evaluation.epoch(), evaluation.policyDigest(), leaf.time(), true);
    steps.begin(ReplayStep.INPUTS);
    members.require("inputs");
    byte[] recorded = members.canonical("inputs");
    Inputs inputs = asked(members.inputs().orElseThrow(), policy);
    byte[] json = inputs.toJson();
    steps.made(json);
    if (!steps.compare("inputs", recorded, json, "who asked stands as recorded")) {
      return;
    }
    steps.begin(ReplayStep.COMMITMENTS);
    if (evaluation.question().opensWith(members.salt("question_salt"), recorded)) {
      steps.same();
    } else {
      steps.mismatch("question", evaluation.question().digest().hex(), "another commitment");
    }
    AuthzenAnswer answer = AuthzenAnswer.of(policy, inputs);
    steps.begin(ReplayStep.DECISION);
    byte[] decision = answer.decision().toJson();
    steps.made(decision);
    if (!answer.denied().equals(evaluation.denied())) {
      steps.mismatch("verdict", words(evaluation.denied()), words(answer.denied()));
    } else if (answer.decision() instanceof Decision.Deny deny) {
      RecordedDecision.compareDecision(members, steps, deny, decision);
    } else {
      steps.same();
    }
  }

  /** The inputs that this question comes to. */
  private Inputs asked(Inputs recorded, PolicyInForce policy) throws ContradictionException {
    Request request = recorded.request();
    Optional<Question> question = request.question();
    if (question.isEmpty() || request.audiences().size() != 1) {
      throw new ContradictionException("inputs", "a question of one asker", "none");
    }
    return PolicyInputs.question(
        new AuthzenQuestion(request.action(), question.get()),
        request.audiences().get(0),
        identity.tenant(),
        policy,
        leaf.time());
  }

  private static String words(Optional<Evaluation.Denied> denied) {
    return denied.map(why -> "deny " + why.code().wire() + " " + why.reason()).orElse("allow");
  }
}
