// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.P256Point;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/** A person's P-256 private key: unencrypted PKCS#8 in PEM (RFC 7468 section 10), its owner's alone. */
final class SigningKeyFile {
  private static final int MAX_BYTES = 16 * 1024;
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private final ECPrivateKey key;
  private final ECPublicKey publicKey;

  private SigningKeyFile(ECPrivateKey key, ECPublicKey publicKey) {
    this.key = key;
    this.publicKey = publicKey;
  }

  /**
   * The key in {@code file}.
   *
   * @throws IOException if it cannot be read, or by others too
   * @throws GeneralSecurityException if it holds no such key; what it holds is not told
   */
  static SigningKeyFile read(Path file) throws IOException, GeneralSecurityException {
    byte[] pem = OwnersFile.read(file, MAX_BYTES);
    String text = new String(pem, StandardCharsets.ISO_8859_1);
    Arrays.fill(pem, (byte) 0);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw mustBe(file);
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      ECPrivateKey key =
          (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
      Arrays.fill(der, (byte) 0);
      return of(key);
    } catch (IllegalArgumentException | ClassCastException | GeneralSecurityException e) {
      // Without the cause: its message may quote what it could not read.
      throw mustBe(file);
    }
  }

  private static GeneralSecurityException mustBe(Path file) {
    return new GeneralSecurityException(
        file + " must hold an unencrypted PKCS#8 key on the curve P-256, holds another or none");
  }

  /** A file may hold the private number alone: the point is computed, and tried by a signature. */
  private static SigningKeyFile of(ECPrivateKey key) throws GeneralSecurityException {
    X9ECParameters curve = CustomNamedCurves.getByName("secp256r1");
    if (key.getS().compareTo(curve.getN()) >= 0) {
      throw new IllegalArgumentException("a key of another curve");
    }
    ECPoint point = new FixedPointCombMultiplier().multiply(curve.getG(), key.getS()).normalize();
    SigningKeyFile file =
        new SigningKeyFile(
            key,
            P256Point.ofCoordinates(
                    point.getAffineXCoord().getEncoded(), point.getAffineYCoord().getEncoded())
                .orElseThrow(() -> new IllegalArgumentException("no point of P-256"))
                .platformKey());
    byte[] anything = new BigInteger(256, new SecureRandom()).toByteArray();
    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
    verifier.initVerify(file.publicKey);
    verifier.update(anything);
    if (!verifier.verify(file.sign(anything))) {
      throw new IllegalArgumentException("a key of another curve");
    }
    return file;
  }

  ECPublicKey publicKey() {
    return publicKey;
  }

  /** ES256, r ‖ s. */
  byte[] sign(byte[] message) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(key);
    signature.update(message);
    return signature.sign();
  }
}
