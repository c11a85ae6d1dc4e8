// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tpm.ApprovedPolicy;
import dev.writ.tpm.ApproverKey;
import dev.writ.tpm.SealedData;
import dev.writ.tpm.UnsealPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;

/** The approver's private key in a file. */
final class ApproverKeyFile {
  private final SigningKeyFile key;
  private final ApproverKey approver;

  private ApproverKeyFile(SigningKeyFile key) {
    this.key = key;
    this.approver = ApproverKey.of(key.publicKey());
  }

  /** The key in {@code file}. */
  static ApproverKeyFile read(Path file) throws IOException, GeneralSecurityException {
    return new ApproverKeyFile(SigningKeyFile.read(file));
  }

  /** Its public half. */
  ApproverKey approver() {
    return approver;
  }

  /** The approval of {@code policy} for what is sealed in {@code data}. */
  ApprovedPolicy approve(SealedData data, UnsealPolicy policy) throws GeneralSecurityException {
    return new ApprovedPolicy(policy, key.sign(data.statement(policy)));
  }
}
