// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Governance;

/**
 * What decides: over Evidence, and of enforcement points' questions.
 *
 * @param judge judges bundles as a gateway would
 * @param initiators say who set an application in motion
 * @param approvals takes approvals of requests
 */
record DecisionParts(
    BundleJudge judge,
    Initiators initiators,
    RequestApprovals approvals,
    Issuance issuance,
    Evaluations evaluations,
    Explanations explanations) {

  static DecisionParts on(Foundation base, AdmissionParts admission, WithdrawalParts withdrawal) {
    WritService.Setup setup = base.setup();
    Initiators initiators =
        Initiators.of(setup.initiators(), setup.signatures(), base.clock(), base.nanos());
    base.closings().add(initiators::close);
    ApprovalsAtHand approvals = new ApprovalsAtHand(base.ledger(), base.trust());
    Continuity continuity = new Continuity(base.ledger(), base.clock(), base.limits().hosts());
    Issuance issuance =
        new Issuance(
            base.operations(),
            base.appraisal(),
            base.hsm(),
            admission.hosts(),
            base.policies(),
            base.modes(),
            judge(base, admission, initiators, approvals, continuity),
            initiators,
            continuity,
            withdrawal.statusIndices(),
            withdrawal.statusTokens(),
            // Every key and TPM that can be configured so far is a dev one: see docs/TRUST.md.
            new ArtifactSigner(
                base.keys(),
                base.counts(),
                setup.identity().origin(),
                Governance.Mode.DEV,
                base.clock(),
                base.random(),
                base.telemetry()),
            new DecisionEntries(base.clock(), base.random()),
            base.ledger(),
            base.refusals(),
            base.telemetry());
    BundleJudge bundles =
        new BundleJudge(base.trust(), withdrawal.statusTokens(), setup.signatures());
    return new DecisionParts(
        bundles,
        initiators,
        new RequestApprovals(
            base.operations(),
            base.appraisal(),
            base.ledger(),
            base.trust(),
            base.policies(),
            base.clock(),
            base.random()),
        issuance,
        issuance.evaluations(
            setup.identity().tenant(), bundles, base.clock(), base.random(), base.nanos()),
        new Explanations(
            base.ledger(), admission.hosts(), base.policies(), approvals, base.clock()));
  }

  private static Judge judge(
      Foundation base,
      AdmissionParts admission,
      Initiators initiators,
      ApprovalsAtHand approvals,
      Continuity continuity) {
    Limits limits = base.limits();
    return new Judge(
        base.setup().identity(),
        admission.challenges(),
        new Endorsements(admission.endorsements(), base.ledger(), base.clock(), limits.hosts()),
        base.policies(),
        base.modes(),
        admission.hosts(),
        new InstanceKeys(base.ledger(), limits.instanceKeys()),
        new OriginJudge(
            initiators,
            new Parents(base.ledger(), base.setup().signatures()),
            new Renewals(base.ledger())),
        new MeasuredLogs(base.ledger(), limits.instanceKeys()),
        approvals,
        continuity,
        new LostTrust(base.ledger()),
        base.hostRate(),
        base.clock(),
        base.telemetry());
  }
}
