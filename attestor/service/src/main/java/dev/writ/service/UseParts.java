// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/**
 * What is asked and told of artifacts after they were issued.
 *
 * @param outcomes takes statements of how executions ended
 * @param redemptions judges uses in a gateway's place
 * @param attestationResults signs what was found of Evidence, by itself
 */
record UseParts(Outcomes outcomes, Redemptions redemptions, AttestationResults attestationResults) {

  static UseParts on(Foundation base, DecisionParts decisions) {
    return new UseParts(
        new Outcomes(
            base.operations(),
            base.appraisal(),
            base.ledger(),
            base.trust(),
            base.setup().signatures(),
            base.clock(),
            base.random(),
            base.refusals()),
        new Redemptions(
            base.operations(),
            base.appraisal(),
            base.ledger(),
            base.trust(),
            decisions.judge(),
            base.hostRate(),
            base.setup().signatures(),
            base.clock(),
            base.random(),
            base.refusals(),
            base.telemetry()),
        new AttestationResults(
            base.operations(),
            base.appraisal(),
            base.hsm(),
            base.ledger(),
            base.trust(),
            base.keys(),
            base.counts(),
            base.hostRate(),
            base.setup().signatures(),
            base.clock(),
            base.refusals(),
            base.telemetry()));
  }
}
