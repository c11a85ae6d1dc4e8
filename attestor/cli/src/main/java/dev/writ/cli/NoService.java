// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

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
import java.io.IOException;

/** Where a host brings its own proof and asks nobody. */
final class NoService implements ServiceEndpoint {
  @Override
  public Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) throws IOException {
    throw none();
  }

  @Override
  public Answer<Enrolled> activate(Octets session, Octets secret) throws IOException {
    throw none();
  }

  @Override
  public Answer<Challenge> challenge(TpmName attestationKey) throws IOException {
    throw none();
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest request) throws IOException {
    throw none();
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest request, ChannelKey key) throws IOException {
    throw none();
  }

  private static IOException none() {
    return new IOException("a service must be named with --service, and is not");
  }
}
