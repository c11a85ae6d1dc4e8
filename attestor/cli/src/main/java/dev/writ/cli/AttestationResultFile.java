// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.PlainHttpException;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.AttestationResultVerdict;
import dev.writ.artifact.AttestationResultVerifier;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** An Attestation Result in a file: one line, the JWT. */
final class AttestationResultFile {
  private AttestationResultFile() {}

  /**
   * Asks for the result of a bundle's artifact, and takes no other than the trust file's issuer's.
   *
   * @param bundle a proof bundle's JSON, verified
   */
  static AttestationResult of(TrustFile trust, HttpServiceEndpoint endpoint, byte[] bundle)
      throws CommandFailure {
    AttestationResult result = CommandFailure.granted(ask(endpoint, bundle));
    if (AttestationResultVerifier.of(trust).verify(result.compact(), Instant.now())
        instanceof AttestationResultVerdict.Refused refused) {
      throw CommandFailure.integrity(
          "the service's attestation result must hold under the trust file, and does not: "
              + refused.code().wire()
              + ": "
              + refused.reason());
    }
    return result;
  }

  private static Answer<AttestationResult> ask(HttpServiceEndpoint endpoint, byte[] bundle)
      throws CommandFailure {
    try {
      return endpoint.attestationResult(ProofBundle.parse(bundle).artifact());
    } catch (PlainHttpException e) {
      throw CommandFailure.configuration("--service", e);
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service must answer, and does not", e);
    } catch (MalformedBundleException e) {
      throw new IllegalStateException("bug: a bundle that was verified is none", e);
    }
  }

  static void write(Path file, AttestationResult result) throws CommandFailure {
    try {
      Files.writeString(file, result.compact() + "\n", StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw CommandFailure.configuration("--ear", e);
    }
  }

  /** The text of a file; whether it is a result is the verifier's to say. */
  static String read(Path file) throws CommandFailure {
    try {
      byte[] bytes = BoundedFile.read(file, AttestationResult.MAX_LENGTH + 1);
      return new String(bytes, StandardCharsets.ISO_8859_1).strip();
    } catch (IOException e) {
      throw CommandFailure.configuration("the attestation result " + file, e);
    }
  }
}
