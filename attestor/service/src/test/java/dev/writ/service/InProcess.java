// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.agent.Answer;
import dev.writ.agent.ChannelKey;
import dev.writ.agent.Enrolled;
import dev.writ.agent.EnrolmentChallenge;
import dev.writ.agent.EnrolmentRequest;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.artifact.ProofBundle;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import java.util.Optional;

/** The way from a real agent to the service beside it. */
record InProcess(WritService service) implements ServiceEndpoint {
  @Override
  public Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) {
    EnrolmentOutcome outcome =
        Deployment.join(
            service
                .enrolment()
                .begin(
                    new EnrolmentApplication(
                        request.host(),
                        request.endorsementCertificate(),
                        request.endorsementChain(),
                        request.endorsementKey(),
                        request.attestationKey(),
                        Optional.empty())));
    return outcome instanceof EnrolmentOutcome.Activation activation
        ? new Answer.Granted<>(
            new EnrolmentChallenge(activation.session(), activation.credential()))
        : denied(((EnrolmentOutcome.Denied) outcome).denial());
  }

  @Override
  public Answer<Enrolled> activate(Octets session, Octets activated) {
    EnrolmentOutcome outcome = Deployment.join(service.enrolment().complete(session, activated));
    return outcome instanceof EnrolmentOutcome.Enrolled enrolled
        ? new Answer.Granted<>(new Enrolled(enrolled.akName(), enrolled.akCertificate()))
        : denied(((EnrolmentOutcome.Denied) outcome).denial());
  }

  @Override
  public Answer<Challenge> challenge(TpmName attestationKey) {
    ChallengeOutcome outcome = Deployment.join(service.challenge(attestationKey));
    return outcome instanceof ChallengeOutcome.Issued issued
        ? new Answer.Granted<>(issued.challenge())
        : denied(((ChallengeOutcome.Denied) outcome).denial());
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest request) {
    IssuanceOutcome outcome = Deployment.join(service.issuance().issue(application(request)));
    return outcome instanceof IssuanceOutcome.Issued issued
        ? new Answer.Granted<>(issued.bundle())
        : denied(((IssuanceOutcome.Denied) outcome).denial());
  }

  /** There is no connection that could show a key. */
  @Override
  public Answer<ProofBundle> issue(IssueRequest request, ChannelKey key) {
    return issue(request);
  }

  static Application application(IssueRequest request) {
    return new Application(
        request.attestationKey(),
        request.challenge(),
        request.request(),
        request.exec(),
        request.evidence());
  }

  private static <T> Answer<T> denied(Denial denied) {
    return new Answer.Denied<>(denied.code(), denied.reason());
  }
}
