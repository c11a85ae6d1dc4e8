// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.nio.file.Path;

/** A policy in an author's file, in JSON or YAML. */
final class PolicyFile {
  private static final int MAX_BYTES = 1 << 20;

  private PolicyFile() {}

  static byte[] bytes(Path file) throws CommandFailure {
    try {
      return BoundedFile.read(file, MAX_BYTES);
    } catch (IOException e) {
      throw CommandFailure.configuration("the policy " + file, e);
    }
  }

  /** The document; whether its rules compile is not asked. */
  static PolicyDocument document(Path file) throws CommandFailure {
    try {
      return PolicyDocument.parseAuthored(bytes(file));
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
