// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;

/**
 * A provider's raw rate, the bound of everything that verifies with it: SHA256withECDSA over 32 bytes
 * with one P-256 key, whose engine is set up once.
 */
final class RawVerification implements Contender.Operation {
  static final String UNIT = "verifications/s";

  private static final String ALGORITHM = "SHA256withECDSA";
  private static final int SIGNATURES = 256;
  private static final int MESSAGE_BYTES = 32;

  private record Signed(byte[] message, byte[] signature) {}

  private final Signature engine;
  private final List<Signed> signed;
  private int next;

  private RawVerification(Signature engine, List<Signed> signed) {
    this.engine = engine;
    this.signed = signed;
  }

  static RawVerification on(P256Provider p256) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    Signature signer = Signature.getInstance(ALGORITHM);
    signer.initSign(pair.getPrivate());
    List<Signed> signed = new ArrayList<>();
    for (int i = 0; i < SIGNATURES; i++) {
      byte[] message = new byte[MESSAGE_BYTES];
      message[0] = (byte) i;
      signer.update(message);
      signed.add(new Signed(message, signer.sign()));
    }
    // The provider's own key object: another's would be translated at every use.
    Signature engine = Signature.getInstance(ALGORITHM, p256.provider());
    engine.initVerify(
        KeyFactory.getInstance("EC", p256.provider())
            .generatePublic(new X509EncodedKeySpec(pair.getPublic().getEncoded())));
    return new RawVerification(engine, signed);
  }

  /** The name of the line that says the raw rate of {@code p256}. */
  static String lineOf(P256Provider p256) {
    return "beside/p256-verify/" + p256.name();
  }

  @Override
  public void once() throws GeneralSecurityException {
    Signed one = signed.get(next);
    next = (next + 1) % signed.size();
    engine.update(one.message());
    if (!engine.verify(one.signature())) {
      throw new IllegalStateException("a valid signature must verify, and did not");
    }
  }
}
