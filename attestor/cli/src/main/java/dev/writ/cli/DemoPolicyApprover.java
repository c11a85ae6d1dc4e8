// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/**
 * Who approves the demo's policies, which its operator writes: a key of its own, as another person's
 * would be.
 */
final class DemoPolicyApprover {
  static final String KEY = "approver-key.pem";

  private DemoPolicyApprover() {}

  /**
   * Makes the key in {@code folder}.
   *
   * @return the file that tells {@code writ keys init} of it
   */
  static Path birth(Path folder) throws IOException {
    Path file =
        Files.createFile(
            folder.resolve(KEY),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, KeyBirth.newKeyInPem());
    try (OperatorKey key = OperatorKey.read(file)) {
      Map<String, Object> quorum = Map.of("threshold", 1, "keys", List.of(key.publicKey().toMap()));
      return Files.write(folder.resolve("approvers.json"), Jcs.canonical(quorum));
    } catch (CommandFailure e) {
      throw new IOException("the demo's approver must have a key", e);
    }
  }

  /** The document as its operator's, in an envelope that operator and approver signed. */
  static PolicyEnvelope approved(DemoService.Born born, PolicyDocument document)
      throws IOException, MalformedPolicyException {
    Path folder = born.folder();
    try (OperatorKey author =
            OperatorKey.read(folder.resolve("keys").resolve(KeyBirth.OPERATOR_KEY));
        OperatorKey approver = OperatorKey.read(folder.resolve(KEY))) {
      PolicyDocument written = document.revise().author(Thumbprint.text(author.kid())).build();
      PolicyEnvelope bare = PolicyEnvelope.of(written.canonical());
      PolicyEnvelope authored = bare.with(author.sign(bare.signingInput()));
      return authored.with(approver.sign(bare.signingInput()));
    } catch (CommandFailure e) {
      throw new IOException("the demo's policy must be signed", e);
    }
  }

  /** The document in a file that {@link #approved} filled. */
  static PolicyDocument document(Path file) throws IOException, MalformedPolicyException {
    try {
      return PolicyDocument.parse(PolicyEnvelope.parse(Files.readAllBytes(file)).payload());
    } catch (MalformedEnvelopeException e) {
      throw new IOException("the demo's policy must be in an envelope", e);
    }
  }
}
