// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** A P-256 key of somebody who is no machine: an operator, an approver, an identity provider. */
final class SigningKey {
  private final VerificationKey publicKey;
  private final PrivateKey privateKey;

  private SigningKey(VerificationKey publicKey, PrivateKey privateKey) {
    this.publicKey = publicKey;
    this.privateKey = privateKey;
  }

  /** One that is in no file. */
  static SigningKey generate() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    return new SigningKey(VerificationKey.of((ECPublicKey) pair.getPublic()), pair.getPrivate());
  }

  /**
   * One in a file.
   *
   * @param publicKey its public half
   * @param file PKCS#8 in PEM
   */
  static SigningKey read(VerificationKey publicKey, Path file)
      throws IOException, GeneralSecurityException {
    String base64 = Files.readString(file).replaceAll("-----[A-Z ]+-----", "");
    return new SigningKey(
        publicKey,
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64))));
  }

  VerificationKey publicKey() {
    return publicKey;
  }

  Hash kid() {
    return publicKey.kid();
  }

  /** As policies and key sets have it: the thumbprint in base64url. */
  String name() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(kid().bytes());
  }

  OperatorSignature sign(byte[] input) throws GeneralSecurityException {
    return new OperatorSignature(kid(), signP1363(input));
  }

  /** ES256: r and s, 64 bytes. */
  byte[] signP1363(byte[] input) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(privateKey);
    signature.update(input);
    return signature.sign();
  }
}
