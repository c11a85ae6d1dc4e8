// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures made in SoftHSM and verified by the JDK. */
class SigningTest {
  private static final int THREADS = 8;
  private static final int EACH = 200;

  private static List<SoftHsmToken> made = List.of();

  @BeforeAll
  static void makeTokens() throws Exception {
    made = FreshTokens.create("shared", "closed", "busy");
    for (SoftHsmToken soft : made) {
      try (Token token = FreshTokens.open(soft)) {
        assertThat(
                KeyCeremony.init(
                    token, KeyInventory.standard(), InstantSource.system(), new SecureRandom()))
            .isInstanceOf(Born.class);
      }
    }
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken token : made) {
      token.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 32, 33, 100_000})
  void sign_anyLength_verifiesInBothEncodings(int length) throws Exception {
    byte[] message = new byte[length];
    new SecureRandom().nextBytes(message);
    try (Token token = FreshTokens.open(made.get(0))) {
      HsmKey key = issuer(token);
      byte[] p1363 = key.signP1363(message);
      assertThat(p1363).hasSize(64);
      assertThat(verifies(key, "SHA256withECDSAinP1363Format", message, p1363)).isTrue();
      assertThat(verifies(key, "SHA256withECDSA", message, key.signDer(message))).isTrue();
    }
  }

  @Test
  void sign_withOneRolesKey_doesNotVerifyWithTheOthers() throws Exception {
    byte[] message = "checkpoint".getBytes(StandardCharsets.US_ASCII);
    try (Token token = FreshTokens.open(made.get(0))) {
      HsmKey checkpoint = token.key(KeyInventory.standard().spec(KeyRole.CHECKPOINT));
      assertThat(verifies(issuer(token), "SHA256withECDSA", message, checkpoint.signDer(message)))
          .isFalse();
    }
  }

  @Test
  void sign_fromEightThreads_neverMixesMessages() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (Token token = FreshTokens.open(made.get(0))) {
      HsmKey issuer = issuer(token);
      HsmKey checkpoint = token.key(KeyInventory.standard().spec(KeyRole.CHECKPOINT));
      List<Future<Integer>> verified = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        HsmKey key = thread % 2 == 0 ? issuer : checkpoint;
        int number = thread;
        verified.add(threads.submit(() -> signAndVerify(key, number)));
      }
      for (Future<Integer> count : verified) {
        assertThat(count.get()).isEqualTo(EACH);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void sign_afterClose_isRefused() throws Exception {
    HsmKey key;
    try (Token token = FreshTokens.open(made.get(1))) {
      key = issuer(token);
    }
    assertThatThrownBy(() -> key.signDer(new byte[1]))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.CLOSED));
  }

  @Test
  void sign_tokenLoggedOutBehindOurBack_carriesTheModulesCode() throws Exception {
    try (Token token = FreshTokens.open(made.get(1))) {
      HsmKey key = issuer(token);
      token.connection().logout();
      assertThatThrownBy(() -> key.signDer(new byte[1]))
          .isInstanceOfSatisfying(
              HsmException.class,
              e -> {
                assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY);
                assertThat(e.ckrName())
                    .hasValueSatisfying(name -> assertThat(name).startsWith("CKR_"));
              })
          .hasMessageContaining("must sign with the key issuer");
    }
  }

  @Test
  void sign_whenAllTurnsAreTaken_failsInTimeAndRecovers() throws Exception {
    TokenProfile soft = FreshTokens.profile();
    TokenProfile impatient =
        new TokenProfile(
            soft.name(),
            soft.library(),
            soft.install(),
            soft.assurance(),
            soft.environment(),
            soft.storage(),
            soft.sessions(),
            1,
            new TokenProfile.Times(
                Duration.ofMillis(50),
                soft.times().patience(),
                soft.times().keepAlive(),
                soft.times().reconnect()),
            soft.replicable());
    SoftHsmToken busy = made.get(2);
    try (Token token = Token.open(impatient, busy.label(), PinSource.file(busy.pinFile()))) {
      HsmKey key = issuer(token);
      int turn = token.signing().beginTurn();
      assertThatThrownBy(() -> key.signDer(new byte[1]))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.BUSY));
      token.signing().endTurn(turn);
      assertThat(key.signDer(new byte[1])).isNotEmpty();
    }
  }

  private static int signAndVerify(HsmKey key, int thread) throws Exception {
    int verified = 0;
    for (int i = 0; i < EACH; i++) {
      byte[] message = ByteBuffer.allocate(8).putInt(thread).putInt(i).array();
      if (i % 2 == 0) {
        verified += verifies(key, "SHA256withECDSA", message, key.signDer(message)) ? 1 : 0;
      } else {
        byte[] signature = key.signP1363(message);
        verified += verifies(key, "SHA256withECDSAinP1363Format", message, signature) ? 1 : 0;
      }
    }
    return verified;
  }

  private static HsmKey issuer(Token token) throws HsmException {
    return token.key(KeyInventory.standard().spec(KeyRole.ISSUER));
  }

  private static boolean verifies(HsmKey key, String algorithm, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(key.publicKey());
    verifier.update(message);
    return verifier.verify(signature);
  }
}
