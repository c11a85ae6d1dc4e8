// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.P256Point;
import dev.writ.tpm.ApprovedPolicy;
import dev.writ.tpm.ApproverKey;
import dev.writ.tpm.SealedData;
import dev.writ.tpm.UnsealPolicy;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;

/** The approver's private key: unencrypted PKCS#8 in PEM (RFC 7468 section 10), its owner's alone. */
final class ApproverKeyFile {
  private static final int MAX_BYTES = 16 * 1024;
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private final PrivateKey key;
  private final ApproverKey approver;

  private ApproverKeyFile(PrivateKey key, ApproverKey approver) {
    this.key = key;
    this.approver = approver;
  }

  /** The key in {@code file}. */
  static ApproverKeyFile read(Path file) throws IOException, GeneralSecurityException {
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
  private static ApproverKeyFile of(ECPrivateKey key) throws GeneralSecurityException {
    ECPoint point =
        CustomNamedCurves.getByName("secp256r1").getG().multiply(key.getS()).normalize();
    byte[] x = point.getAffineXCoord().getEncoded();
    byte[] y = point.getAffineYCoord().getEncoded();
    ApproverKeyFile file =
        new ApproverKeyFile(
            key,
            ApproverKey.of(
                P256Point.ofCoordinates(x, y)
                    .orElseThrow(() -> new IllegalArgumentException("no point of P-256"))
                    .platformKey()));
    byte[] anything = new BigInteger(256, new SecureRandom()).toByteArray();
    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
    verifier.initVerify(file.approver.key());
    verifier.update(anything);
    if (!verifier.verify(file.sign(anything))) {
      throw new IllegalArgumentException("a key of another curve");
    }
    return file;
  }

  /** Its public half. */
  ApproverKey approver() {
    return approver;
  }

  /** The approval of {@code policy} for what is sealed in {@code data}. */
  ApprovedPolicy approve(SealedData data, UnsealPolicy policy) throws GeneralSecurityException {
    return new ApprovedPolicy(policy, sign(data.statement(policy)));
  }

  private byte[] sign(byte[] message) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(key);
    signature.update(message);
    return signature.sign();
  }
}
