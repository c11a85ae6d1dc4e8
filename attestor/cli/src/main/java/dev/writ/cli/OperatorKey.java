// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.OperatorSignature;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;

/** An operator's key in a file, under the name that trust files have it by. */
final class OperatorKey {
  private final SigningKeyFile key;
  private final Hash kid;

  private OperatorKey(SigningKeyFile key) {
    this.key = key;
    this.kid = JwkThumbprint.of(key.publicKey());
  }

  /** The key in {@code file}. */
  static OperatorKey read(Path file) throws CommandFailure {
    try {
      return new OperatorKey(SigningKeyFile.read(file));
    } catch (IOException | GeneralSecurityException e) {
      throw CommandFailure.configuration("--operator-key", e);
    }
  }

  /** RFC 7638 thumbprint of its public half. */
  Hash kid() {
    return kid;
  }

  OperatorSignature sign(byte[] input) {
    try {
      return new OperatorSignature(kid, key.sign(input));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: a P-256 key that was tried does not sign", e);
    }
  }

  @Override
  public String toString() {
    return "operator's key " + Thumbprint.text(kid);
  }
}
