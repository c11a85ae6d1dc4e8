// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.nio.file.Path;

/** A policy in an author's file, in JSON or YAML, or in the envelope that was made of it. */
final class PolicyFile {
  private static final int MAX_BYTES = PolicyEnvelope.MAX_BYTES;

  private PolicyFile() {}

  /** What an author wrote: a text with places. */
  static byte[] authored(Path file) throws CommandFailure {
    byte[] bytes = bytes(file);
    if (FileKind.of(bytes) == FileKind.ENVELOPE) {
      throw CommandFailure.configuration(
          file
              + " must be a policy as its author wrote it, and is "
              + FileKind.ENVELOPE.words()
              + ": name the file that was signed");
    }
    return bytes;
  }

  /** A policy or an envelope, so long as it is not plainly something else. */
  static byte[] bytes(Path file) throws CommandFailure {
    byte[] bytes;
    try {
      bytes = BoundedFile.read(file, MAX_BYTES);
    } catch (IOException e) {
      throw CommandFailure.configuration("the policy " + file, e);
    }
    if (bytes.length > MAX_BYTES) {
      throw CommandFailure.configuration(
          file + " must be a policy of at most " + MAX_BYTES + " bytes, and is longer");
    }
    FileKind kind = FileKind.of(bytes);
    if (kind != FileKind.POLICY && kind != FileKind.ENVELOPE) {
      throw CommandFailure.configuration(
          file
              + " must be a policy, in JSON or YAML with type "
              + PolicyDocument.TYPE
              + ", and is "
              + kind.words()
              + ": writ policy init writes one to start from");
    }
    return bytes;
  }

  /** The document; whether its rules compile, and who signed it, is not asked. */
  static PolicyDocument document(Path file) throws CommandFailure {
    byte[] bytes = bytes(file);
    try {
      return PolicyEnvelope.isLike(bytes)
          ? PolicyDocument.parse(PolicyEnvelope.parse(bytes).payload())
          : PolicyDocument.parseAuthored(bytes);
    } catch (MalformedEnvelopeException e) {
      throw CommandFailure.configuration("the envelope " + file, e);
    } catch (MalformedPolicyException e) {
      throw malformed(file, e);
    }
  }

  static Policy policy(Path file) throws CommandFailure {
    PolicyDocument document = document(file);
    try {
      return Policy.compile(document);
    } catch (MalformedPolicyException e) {
      throw malformed(file, e);
    }
  }

  /** As an editor finds it. */
  static String place(Path file, int line, int column) {
    return file + ":" + line + ":" + column + ": ";
  }

  private static CommandFailure malformed(Path file, MalformedPolicyException e) {
    return CommandFailure.configuration(place(file, e.line(), e.column()) + e.fault());
  }
}
