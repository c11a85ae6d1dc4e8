// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.ProofBundle;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import java.io.IOException;

/**
 * The service as the agent sees it: a port, so that the way there (in process, HTTP) is no concern of
 * the exchange. Each method is one round trip and may block.
 */
public interface ServiceEndpoint {
  /**
   * Asks for a credential.
   *
   * @throws IOException if the service cannot be reached or its answer cannot be read
   */
  Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) throws IOException;

  /**
   * Answers the credential; the host is enrolled when this is granted.
   *
   * @param session of the {@link EnrolmentChallenge}
   * @param secret what the TPM opened
   * @return the name under which the attestation key is known, and its certificate
   * @throws IOException if the service cannot be reached or its answer cannot be read
   */
  Answer<Enrolled> activate(Octets session, Octets secret) throws IOException;

  /**
   * Asks for a challenge.
   *
   * @throws IOException if the service cannot be reached or its answer cannot be read
   */
  Answer<Challenge> challenge(TpmName attestationKey) throws IOException;

  /**
   * Asks for an artifact.
   *
   * @throws IOException if the service cannot be reached or its answer cannot be read; whether an
   *     artifact was issued is then unknown, and a new one takes a new challenge
   */
  Answer<ProofBundle> issue(IssueRequest request) throws IOException;

  /**
   * Asks for an artifact on a connection that shows to be of whoever holds {@code key}, where the way
   * there can show it and the service wants to see it; else as {@link #issue(IssueRequest)} does.
   *
   * @param key the instance key, whose thumbprint is the request's {@code jkt}
   * @throws IOException as above
   */
  Answer<ProofBundle> issue(IssueRequest request, ChannelKey key) throws IOException;
}
