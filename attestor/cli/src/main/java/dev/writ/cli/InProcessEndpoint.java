// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.EnrolmentChallenge;
import dev.writ.agent.EnrolmentRequest;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.artifact.ProofBundle;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import dev.writ.service.Application;
import dev.writ.service.ChallengeOutcome;
import dev.writ.service.EnrolmentOutcome;
import dev.writ.service.IssuanceOutcome;
import dev.writ.service.WritService;

/** The way from an agent to a service in the same process. */
final class InProcessEndpoint implements ServiceEndpoint {
  private final WritService service;

  InProcessEndpoint(WritService service) {
    this.service = service;
  }

  @Override
  public Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) {
    EnrolmentOutcome outcome =
        service
            .enrolment()
            .begin(
                request.host(),
                request.endorsementCertificate(),
                request.endorsementKey(),
                request.attestationKey());
    if (outcome instanceof EnrolmentOutcome.Activation activation) {
      return new Answer.Granted<>(
          new EnrolmentChallenge(activation.session(), activation.credential()));
    }
    return denied(outcome);
  }

  @Override
  public Answer<TpmName> activate(Octets session, Octets secret) {
    EnrolmentOutcome outcome = service.enrolment().complete(session, secret);
    return outcome instanceof EnrolmentOutcome.Enrolled enrolled
        ? new Answer.Granted<>(enrolled.akName())
        : denied(outcome);
  }

  @Override
  public Answer<Challenge> challenge(TpmName attestationKey) {
    ChallengeOutcome outcome = service.challenge(attestationKey);
    return outcome instanceof ChallengeOutcome.Issued issued
        ? new Answer.Granted<>(issued.challenge())
        : denied(((ChallengeOutcome.Denied) outcome).denial());
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest request) {
    IssuanceOutcome outcome =
        service
            .issuance()
            .issue(
                new Application(
                    request.attestationKey(),
                    request.challenge(),
                    request.request(),
                    request.evidence()));
    return outcome instanceof IssuanceOutcome.Issued issued
        ? new Answer.Granted<>(issued.bundle())
        : denied((IssuanceOutcome.Denied) outcome);
  }

  private static <T> Answer<T> denied(EnrolmentOutcome outcome) {
    if (outcome instanceof EnrolmentOutcome.Denied denied) {
      return new Answer.Denied<>(denied.code(), denied.reason() + ": " + denied.message());
    }
    throw new IllegalStateException("bug: a step of enrolment ended in " + outcome);
  }

  private static <T> Answer<T> denied(IssuanceOutcome.Denied denied) {
    return new Answer.Denied<>(denied.code(), denied.reason() + ": " + denied.message());
  }
}
