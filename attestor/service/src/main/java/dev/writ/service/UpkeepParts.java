// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmException;
import dev.writ.ledger.LedgerException;

/**
 * What a service does unasked, and what tells operators how it fares.
 *
 * @param readiness finds out whether an artifact could be issued
 * @param summaries puts refusals into the ledger each minute
 * @param starts has the host's TPM vouch for starts
 * @param payloads lie beside leaves
 * @param purge erases them when it is time
 * @param drills takes reports of drills
 * @param chores sees to all that each second
 */
record UpkeepParts(
    ReadinessCheck readiness,
    Summaries summaries,
    ServiceStarts starts,
    LeafPayloads payloads,
    PayloadPurge purge,
    Drills drills,
    Chores chores) {

  static UpkeepParts on(
      Foundation base, AdmissionParts admission, WithdrawalParts withdrawal, KeyParts keys) {
    Reconciliation reconciliation = withdrawal.revocations().reconciliation();
    ReadinessCheck readiness =
        new ReadinessCheck(
            message -> signReadiness(base, message),
            base.keys()::signs,
            base.ledger(),
            base.policies(),
            base.modes(),
            withdrawal.statusTokens(),
            reconciliation::notice,
            ReadinessCheck.PATIENCE,
            base.nanos());
    base.closings().add(readiness::close);
    base.telemetry().watch(readiness);
    Summaries summaries =
        new Summaries(base.refusals(), base.ledger(), base.clock(), base.random());
    PayloadPurge purge =
        new PayloadPurge(base.setup().retention(), base.ledger(), base.telemetry(), base.clock());
    return new UpkeepParts(
        readiness,
        summaries,
        new ServiceStarts(
            base.setup().host(),
            base.ledger(),
            base.trust(),
            base.keys(),
            base.clock(),
            base.random()),
        new LeafPayloads(base.ledger(), base.telemetry()),
        purge,
        new Drills(
            base.operations(),
            base.appraisal(),
            base.ledger(),
            base.trust(),
            base.clock(),
            base.random(),
            base.nanos()),
        new Chores(
            readiness::tryIfDue,
            summaries::writeIfDue,
            admission.challengeSecret()::renewIfDue,
            admission.activationSecret()::renewIfDue,
            keys.steps()::run,
            () -> follow(base.policies()),
            base.modes()::follow,
            keys.schedule()::proposeIfDue,
            purge::purgeIfDue,
            reconciliation::runIfDue));
  }

  private static byte[] signReadiness(Foundation base, byte[] message) throws HsmException {
    byte[] signature =
        base.counts().signed(SignatureCounts.Kind.READINESS, base.keys().issuer().key(), message);
    base.telemetry().readinessSigned();
    return signature;
  }

  private static void follow(Policies policies) {
    try {
      policies.align();
    } catch (LedgerException e) {
      // Nothing is committed that rests on an earlier one; readiness says that the ledger fails.
    }
  }
}
