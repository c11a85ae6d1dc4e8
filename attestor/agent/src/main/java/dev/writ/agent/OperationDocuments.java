// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.TrustFile;
import java.util.Optional;

/**
 * What operators sign, as a service shows it: whether it is what was asked for, and one thing, is the
 * reader's to find.
 *
 * @param operation the operation
 * @param trust the trust file beside it
 */
public record OperationDocuments(Operation operation, Optional<TrustFile> trust) {
  /** Longest trust file that a proposal may have, in bytes. */
  public static final int MAX_TRUST = 384 * 1024;

  /** Takes its members, and leaves others. */
  static OperationDocuments take(JsonMembers json) throws MalformedDocumentException {
    return new OperationDocuments(
        Operation.parse(json.base64UrlUpTo("operation", Operation.MAX_BYTES)),
        json.has("trust_file")
            ? Optional.of(TrustFile.parse(json.base64UrlUpTo("trust_file", MAX_TRUST)))
            : Optional.empty());
  }
}
