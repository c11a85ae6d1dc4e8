// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.PlainHttpException;
import dev.writ.artifact.AppraisedSubject;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.AttestationResultVerdict;
import dev.writ.artifact.AttestationResultVerifier;
import dev.writ.artifact.Ear;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;

/**
 * An Attestation Result in a file: one line, the JWT. It is written beside the file and takes its name
 * once it is whole; closed before that, nothing is left of it.
 */
final class AttestationResultFile implements AutoCloseable {
  private final Path file;
  private final Path unfinished;

  private AttestationResultFile(Path file, Path unfinished) {
    this.file = file;
    this.unfinished = unfinished;
  }

  /** Shows that the file can be written, before anything is asked for that it would hold. */
  static AttestationResultFile at(Path file) throws CommandFailure {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw CommandFailure.configuration(
          "--ear: " + file + " must be a file or none, and is another");
    }
    Path unfinished =
        file.toAbsolutePath()
            .resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    try {
      return new AttestationResultFile(file, Files.createFile(unfinished));
    } catch (IOException e) {
      throw CommandFailure.configuration("--ear", e);
    }
  }

  /**
   * Writes the result of a bundle's artifact, and no other than the trust file's issuer's.
   *
   * @param bundle a proof bundle's JSON, verified
   */
  void write(TrustFile trust, HttpServiceEndpoint endpoint, byte[] bundle) throws CommandFailure {
    Artifact artifact;
    try {
      artifact = artifactOf(bundle);
    } catch (MalformedBundleException | MalformedArtifactException e) {
      throw new IllegalStateException("bug: a bundle that was verified is none", e);
    }
    AttestationResult result = CommandFailure.granted(ask(endpoint, artifact));
    if (AttestationResultVerifier.of(trust).verify(result.compact(), Instant.now())
        instanceof AttestationResultVerdict.Refused refused) {
      throw CommandFailure.integrity(
          "the service's attestation result must hold under the trust file, and does not: "
              + refused.code().wire()
              + ": "
              + refused.reason());
    }
    Optional<String> another = ofAnother(result.claims(), artifact);
    if (another.isPresent()) {
      throw CommandFailure.integrity("the service's " + another.get());
    }
    try {
      Files.writeString(unfinished, result.compact() + "\n", StandardCharsets.US_ASCII);
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw CommandFailure.configuration("--ear", e);
    }
  }

  private static Answer<AttestationResult> ask(HttpServiceEndpoint endpoint, Artifact artifact)
      throws CommandFailure {
    try {
      return endpoint.attestationResult(artifact.compact());
    } catch (PlainHttpException e) {
      throw CommandFailure.configuration("--service", e);
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service must answer, and does not", e);
    }
  }

  /** The artifact in a bundle, of which nothing is verified. */
  static Artifact artifactOf(byte[] bundle)
      throws MalformedBundleException, MalformedArtifactException {
    return Artifact.parse(ProofBundle.parse(bundle).artifact());
  }

  /** Says so where a result is of another artifact than this one, or of none. */
  static Optional<String> ofAnother(Ear result, Artifact artifact) {
    Hash digest = artifact.digest();
    for (Ear.Appraisal part : result.submods().values()) {
      boolean same =
          part.subject()
              .map(AppraisedSubject::decision)
              .filter(AppraisedSubject.Decision.Allowed.class::isInstance)
              .map(AppraisedSubject.Decision.Allowed.class::cast)
              .filter(allowed -> allowed.artifactDigest().equals(digest))
              .isPresent();
      if (!same) {
        return Optional.of(
            "attestation result must be of the artifact with digest "
                + digest.hex()
                + ", and is of "
                + part.subject().map(AttestationResultFile::named).orElse("nobody"));
      }
    }
    return Optional.empty();
  }

  private static String named(AppraisedSubject subject) {
    return subject.decision() instanceof AppraisedSubject.Decision.Allowed allowed
        ? "the one with digest " + allowed.artifactDigest().hex()
        : "a denial";
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

  @Override
  public void close() throws CommandFailure {
    try {
      boolean unused = Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      throw CommandFailure.configuration("--ear", e);
    }
  }
}
