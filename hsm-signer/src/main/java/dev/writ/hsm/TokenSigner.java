// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.RuntimeOperatorException;

/** Lets Bouncy Castle sign one certificate with a token's key. */
final class TokenSigner implements ContentSigner {
  private final Key key;
  private final ByteArrayOutputStream content = new ByteArrayOutputStream();

  TokenSigner(Key key) {
    this.key = key;
  }

  /** The private key, wherever it is in use. */
  @FunctionalInterface
  interface Key {
    /** ECDSA over the SHA-256 of {@code message}, in DER. */
    byte[] signDer(byte[] message) throws HsmException;
  }

  @Override
  public AlgorithmIdentifier getAlgorithmIdentifier() {
    return new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
  }

  @Override
  public OutputStream getOutputStream() {
    return content;
  }

  /** A failure is a {@link RuntimeOperatorException}; {@link #failure} has its cause. */
  @Override
  public byte[] getSignature() {
    try {
      return key.signDer(content.toByteArray());
    } catch (HsmException e) {
      throw new RuntimeOperatorException("the token did not sign", e);
    }
  }

  /** Why the token did not sign. */
  static HsmException failure(RuntimeOperatorException e) {
    if (e.getCause() instanceof HsmException failure) {
      return failure;
    }
    throw e;
  }
}
