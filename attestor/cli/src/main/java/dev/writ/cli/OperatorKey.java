// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.OperatorSignature;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * An operator's P-256 key in a file: PKCS#8 in PEM (RFC 7468 section 10), unencrypted, its owner's
 * alone. It signs ES256.
 */
final class OperatorKey {
  private static final int MAX_BYTES = 4096;
  private static final int FIELD_BITS = 256;
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private final ECPrivateKey key;
  private final Hash kid;

  private OperatorKey(ECPrivateKey key, Hash kid) {
    this.key = key;
    this.kid = kid;
  }

  /** The key in {@code file}. */
  static OperatorKey read(Path file) throws CommandFailure {
    byte[] pem = new byte[0];
    try {
      OwnersFile.require(
          "the operator's key",
          file,
          "have the other operators replace the key in a new trust file");
      pem = BoundedFile.read(file, MAX_BYTES);
      ECPrivateKey key = parse(pem);
      return new OperatorKey(key, JwkThumbprint.of(publicKey(key)));
    } catch (IOException | UnsupportedOperationException e) {
      throw CommandFailure.configuration("the operator's key " + file, e);
    } catch (GeneralSecurityException | IllegalArgumentException | ClassCastException e) {
      // What is wrong with a private key's bytes is not shown.
      throw CommandFailure.configuration(
          "the operator's key "
              + file
              + " must be a P-256 private key in PKCS#8 PEM, not encrypted, and is not");
    } finally {
      Arrays.fill(pem, (byte) 0);
    }
  }

  private static ECPrivateKey parse(byte[] pem) throws GeneralSecurityException {
    if (pem.length > MAX_BYTES) {
      throw new IllegalArgumentException("too long");
    }
    String text = new String(pem, StandardCharsets.ISO_8859_1).strip();
    if (!text.startsWith(BEGIN) || !text.endsWith(END)) {
      throw new IllegalArgumentException("no PEM of a private key");
    }
    byte[] der =
        Base64.getMimeDecoder()
            .decode(text.substring(BEGIN.length(), text.length() - END.length()).strip());
    try {
      ECPrivateKey key =
          (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
      if (key.getParams().getCurve().getField().getFieldSize() != FIELD_BITS) {
        throw new IllegalArgumentException("another curve");
      }
      return key;
    } finally {
      Arrays.fill(der, (byte) 0);
    }
  }

  /** RFC 5915 lets the public half be absent, and the JDK leaves it out. */
  private static ECPublicKey publicKey(ECPrivateKey key) throws GeneralSecurityException {
    var curve = CustomNamedCurves.getByName("P-256");
    BigInteger secret = key.getS();
    if (!key.getParams().getOrder().equals(curve.getN())) {
      throw new IllegalArgumentException("another curve");
    }
    var point = new FixedPointCombMultiplier().multiply(curve.getG(), secret).normalize();
    ECPoint publicPoint =
        new ECPoint(point.getAffineXCoord().toBigInteger(), point.getAffineYCoord().toBigInteger());
    return (ECPublicKey)
        KeyFactory.getInstance("EC")
            .generatePublic(new ECPublicKeySpec(publicPoint, key.getParams()));
  }

  /** RFC 7638 thumbprint of its public half. */
  Hash kid() {
    return kid;
  }

  OperatorSignature sign(byte[] input) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(key);
      signature.update(input);
      return new OperatorSignature(kid, signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: a P-256 key that was read does not sign", e);
    }
  }

  @Override
  public String toString() {
    return "operator's key " + Thumbprint.text(kid);
  }
}
