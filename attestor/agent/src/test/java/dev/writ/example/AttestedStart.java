// SPDX-License-Identifier: Apache-2.0
package dev.writ.example;

import dev.writ.agent.Answer;
import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * What a runtime does before it runs anything: it asks whether it may, and does not start without an
 * artifact. The README quotes this file.
 *
 * @param service where the service is, {@code https://…}
 * @param trustFile the trust file
 * @param trustDigest its SHA-256, which came by another way than the file
 * @param state a folder of this host's agent: it keeps the instance key between runs
 * @param tcti how tpm2-tss finds the TPM, such as {@code device:/dev/tpmrm0}
 */
public record AttestedStart(
    URI service, Path trustFile, Hash trustDigest, Path state, String tcti) {
  /** The permission to run, or an exception: there is no third outcome. */
  public ProofBundle permission(ExecutionRequest request)
      throws IOException, MalformedTrustFileException, TpmException, AttestationFailedException {
    TrustFile trust = TrustFile.pinned(Files.readAllBytes(trustFile), trustDigest);
    ServiceEndpoint endpoint =
        HttpServiceEndpoint.at(
            service, trust.content().tls(), InstantSource.system(), Timeouts.STANDARD);
    try (Tpm tpm = Tpm.open(tcti);
        Attester attester =
            Attester.open(tpm, state.resolve("instance-key"), endpoint, new SecureRandom())) {
      Answer<ProofBundle> answer = attester.attest(request);
      if (answer instanceof Answer.Granted<ProofBundle> granted) {
        return granted.value();
      }
      throw new SecurityException("this runtime may not start: " + answer);
    }
  }
}
