// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class P256VerifierTest {
  @Test
  void generator_isThePlatformsOwn() {
    ECPublicKey base = P256Point.generator().platformKey();
    assertThat(base.getW()).isEqualTo(base.getParams().getGenerator());
  }

  @Test
  void rehearsal_verifiesNothingAndFindsThePlatformAble() {
    assertThatCode(P256Verifier::rehearse).doesNotThrowAnyException();
  }

  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);
  private static final KeyPair PAIR = TestKeys.p256();

  static Stream<P256Verifier> verifiers() {
    ECPublicKey key = (ECPublicKey) PAIR.getPublic();
    return Stream.concat(
        Stream.of(P256Verifier.of(key)),
        TestProviders.all().stream().map(provider -> P256Verifier.of(key, provider)));
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void verify_bothForms_ofTheKeysSignature(P256Verifier verifier) throws Exception {
    for (int i = 0; i < 50; i++) {
      byte[] der = sign("SHA256withECDSA");
      byte[] p1363 = sign("SHA256withECDSAinP1363Format");
      assertThat(verifier.verifyDer(MESSAGE, der)).isTrue();
      assertThat(verifier.verifyP1363(MESSAGE, p1363)).isTrue();
      assertThat(verifier.verifyDer(MESSAGE, p1363)).isFalse();
      assertThat(verifier.verifyP1363(MESSAGE, der)).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void verify_afterARefusal_verifiesAgain(P256Verifier verifier) throws Exception {
    byte[] good = sign("SHA256withECDSAinP1363Format");
    byte[] flipped = good.clone();
    flipped[40] ^= 1;
    for (int i = 0; i < 3; i++) {
      assertThat(verifier.verifyP1363(MESSAGE, flipped)).isFalse();
      assertThat(verifier.verifyP1363(new byte[1], good)).isFalse();
      assertThat(verifier.verifyP1363(MESSAGE, good)).isTrue();
    }
  }

  /** FIPS 186-4 section 6.4.2 step 1: r and s in 1 to n - 1, whatever the provider would say. */
  @ParameterizedTest
  @MethodSource("verifiers")
  void verify_valuesOutOfRange_areRefused(P256Verifier verifier) {
    BigInteger n = P256Point.N;
    List<BigInteger> edges = List.of(BigInteger.ZERO, n, n.add(BigInteger.ONE));
    for (BigInteger edge : edges) {
      assertThat(verifier.verifyP1363(MESSAGE, p1363(edge, BigInteger.ONE))).isFalse();
      assertThat(verifier.verifyP1363(MESSAGE, p1363(BigInteger.ONE, edge))).isFalse();
      assertThat(verifier.verifyP1363(MESSAGE, p1363(edge, edge))).isFalse();
    }
    assertThat(verifier.verifyDer(MESSAGE, new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0})).isFalse();
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void verify_otherLengths_areRefused(P256Verifier verifier) throws Exception {
    byte[] p1363 = sign("SHA256withECDSAinP1363Format");
    byte[] der = sign("SHA256withECDSA");
    for (int length : new int[] {0, 1, 63, 65, 128}) {
      assertThat(verifier.verifyP1363(MESSAGE, Arrays.copyOf(p1363, length))).isFalse();
    }
    for (int length = 0; length < 200; length++) {
      if (length != der.length) {
        assertThat(verifier.verifyDer(MESSAGE, Arrays.copyOf(der, length))).isFalse();
      }
    }
  }

  @Test
  void verify_fromManyThreads_isRightInEach() throws Exception {
    P256Verifier verifier = P256Verifier.of((ECPublicKey) PAIR.getPublic());
    byte[] good = sign("SHA256withECDSA");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < 80; i++) {
        byte[] message = i % 2 == 0 ? MESSAGE : new byte[] {(byte) i};
        boolean expected = i % 2 == 0;
        tasks.add(() -> verifier.verifyDer(message, good) == expected);
      }
      for (Future<Boolean> asExpected : threads.invokeAll(tasks)) {
        assertThat(asExpected.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void of_pointOffTheCurveOrOnAnother_isRefused() throws Exception {
    ECPublicKey key = (ECPublicKey) PAIR.getPublic();
    ECPoint off = new ECPoint(key.getW().getAffineX(), key.getW().getAffineY().add(BigInteger.ONE));
    ECPublicKey offCurve =
        (ECPublicKey)
            KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(off, key.getParams()));
    assertThatThrownBy(() -> P256Verifier.of(offCurve))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be a point of the curve P-256");
    ECPublicKey p384 = (ECPublicKey) TestKeys.ec("secp384r1").getPublic();
    assertThatThrownBy(() -> P256Verifier.of(p384)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void of_providerWithoutEcdsa_isRefused() {
    Provider none = Security.getProvider("SunJCE");
    assertThatThrownBy(() -> P256Verifier.of((ECPublicKey) PAIR.getPublic(), none))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SunJCE");
  }

  private static byte[] sign(String algorithm) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm, "SunEC");
    signature.initSign(PAIR.getPrivate());
    signature.update(MESSAGE);
    return signature.sign();
  }

  private static byte[] p1363(BigInteger r, BigInteger s) {
    byte[] bytes = new byte[64];
    byte[] rBytes = r.toByteArray();
    byte[] sBytes = s.toByteArray();
    int rSkip = Math.max(0, rBytes.length - 32);
    int sSkip = Math.max(0, sBytes.length - 32);
    System.arraycopy(rBytes, rSkip, bytes, 32 - rBytes.length + rSkip, rBytes.length - rSkip);
    System.arraycopy(sBytes, sSkip, bytes, 64 - sBytes.length + sSkip, sBytes.length - sSkip);
    return bytes;
  }
}
