// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.EndorsementVerifier;
import dev.writ.ledger.LedgerException;

/**
 * What admits hosts, and gives them challenges.
 *
 * @param challenges makes and knows them, under the challenge's secret
 * @param endorsements says whose TPMs are believed
 * @param challengeSecret is shared by all nodes, as the other
 * @param activationSecret seals what is between an enrolment's two questions
 */
record AdmissionParts(
    Hosts hosts,
    Challenges challenges,
    HostChallenges hostChallenges,
    EndorsementVerifier endorsements,
    Enrolment enrolment,
    Invitations invitations,
    ServiceSecret challengeSecret,
    ServiceSecret activationSecret) {

  static AdmissionParts on(Foundation base) throws LedgerException {
    WritService.Setup setup = base.setup();
    Hosts hosts = new Hosts(base.ledger(), setup.signatures(), base.limits().hosts());
    EndorsementVerifier endorsements = new EndorsementVerifier(setup.endorsementTrust());
    ServiceSecret challengeSecret =
        ServiceSecret.open(base.ledger(), "challenge", base.clock(), base.random());
    ServiceSecret activationSecret =
        ServiceSecret.open(base.ledger(), "activation", base.clock(), base.random());
    Challenges challenges = new Challenges(challengeSecret, base.clock(), base.random());
    return new AdmissionParts(
        hosts,
        challenges,
        new HostChallenges(
            base.operations(),
            base.appraisal(),
            hosts,
            challenges,
            base.policies(),
            base.refusals(),
            base.telemetry()),
        endorsements,
        new Enrolment(
            base.operations(),
            base.appraisal(),
            base.hsm(),
            new AdmissibleEndorsements(endorsements, setup.terms(), base.clock()),
            new AkCertificates(
                base.keys(), setup.terms().akValidity(), base.clock(), base.random()),
            setup.admitted(),
            activationSecret,
            base.ledger(),
            base.refusals(),
            base.policies()::leaf,
            base.clock(),
            base.random()),
        new Invitations(
            base.operations(), base.ledger(), base.policies()::leaf, base.clock(), base.random()),
        challengeSecret,
        activationSecret);
  }
}
