// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that are destroyed or released while the token goes on, and goes away. */
@Timeout(120)
class KeyWithdrawalTest extends TokenUnderFault {
  private static final long CKR_DEVICE_REMOVED = 0x32;
  private static final long CKR_DEVICE_MEMORY = 0x31;
  private static final long CKR_ACTION_PROHIBITED = 0x1b;
  private static final KeyInventory INVENTORY = KeyInventory.standard();
  private static final KeySpec STATUS = INVENTORY.spec(KeyRole.STATUS);

  /** Each test has keys of its own. */
  private static int generation = 1;

  @Test
  void destroy_key_leavesNothingOfItAndAllOthers() throws Exception {
    KeySpec spec;
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      List<KeySpec> before = token.generations(STATUS);
      HsmKey key = another(token, STATUS);
      spec = key.spec();
      assertThat(token.generations(STATUS)).hasSize(before.size() + 1).contains(key.spec());
      token.destroy(key.spec());
      assertThat(token.generations(STATUS)).isEqualTo(before);
      assertThat(isTaken(token, key.spec())).isFalse();
      isDestroyed(key);
      assertThatThrownBy(() -> token.key(key.spec()))
          .satisfies(e -> isFault(e, Fault.KEY_MISSING))
          .hasMessageContaining("was destroyed");
      assertThatThrownBy(() -> next(token, key.spec()))
          .satisfies(e -> isFault(e, Fault.KEY_MISSING));
      requireSigns(issuer);
      requireSigns(token.key(STATUS));
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
    }
    // Who was not there finds nothing either.
    try (Token later = open()) {
      assertThatThrownBy(() -> later.key(spec))
          .satisfies(e -> isFault(e, Fault.KEY_MISSING))
          .hasMessageContaining("does not: put it back, or use another key of its role");
    }
  }

  @Test
  void destroy_ed25519Key_leavesNothingOfIt() throws Exception {
    try (Token token = open()) {
      KeySpec spec = INVENTORY.spec(KeyRole.CHECKPOINT_ED25519).ofGeneration(++generation);
      assertThat(next(token, spec)).isInstanceOf(Born.class);
      HsmEd25519Key key = token.ed25519Key(spec);
      token.destroy(spec);
      assertThat(isTaken(token, spec)).isFalse();
      assertThatThrownBy(() -> key.sign(MESSAGE)).satisfies(e -> isFault(e, Fault.KEY_MISSING));
    }
  }

  @Test
  void destroy_whatIsNotThere_isNoError() throws Exception {
    try (Token token = open()) {
      KeySpec spec = STATUS.ofGeneration(++generation);
      token.destroy(spec);
      token.destroy(spec);
      assertThat(events).isEmpty();
    }
  }

  /** A private key, a public key and a certificate: the token goes away at each. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void destroy_tokenLostInBetween_isContinuedAfterTheReconnect(int removed) throws Exception {
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      HsmKey key = another(token, STATUS);
      module.failAfter("C_DestroyObject", removed, CKR_DEVICE_REMOVED, 1);
      assertThatThrownBy(() -> token.destroy(key.spec()))
          .satisfies(e -> isFault(e, Fault.TOKEN_AWAY))
          .hasMessageContaining("the key is not used any more, destroy it again");
      isDestroyed(key);
      awaitConnection(token, 2);
      requireSigns(issuer);
      isDestroyed(key);
      assertThat(isTaken(token, key.spec())).isTrue();
      token.destroy(key.spec());
      assertThat(isTaken(token, key.spec())).isFalse();
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(2));
    }
  }

  @Test
  void destroy_refusedByTheToken_isSaidAndTheKeySignsNoMore() throws Exception {
    try (Token token = open()) {
      HsmKey key = another(token, STATUS);
      module.fail("C_DestroyObject", CKR_ACTION_PROHIBITED, 1);
      assertThatThrownBy(() -> token.destroy(key.spec()))
          .satisfies(e -> isFault(e, Fault.TOKEN_FAILED))
          .hasMessageEndingWith("(CKR_ACTION_PROHIBITED)");
      isDestroyed(key);
      assertThat(token.generations(STATUS)).contains(key.spec());
      token.destroy(key.spec());
      assertThat(token.generations(STATUS)).doesNotContain(key.spec());
    }
  }

  @Test
  void destroy_thenModuleLost_reconnectsWithoutTheKey() throws Exception {
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      HsmKey key = another(token, STATUS);
      token.destroy(key.spec());
      module.remove();
      assertThatThrownBy(() -> issuer.signP1363(MESSAGE))
          .satisfies(e -> isFault(e, Fault.TOKEN_AWAY));
      isDestroyed(key);
      module.restore();
      awaitConnection(token, 2);
      requireSigns(issuer);
      isDestroyed(key);
      assertThat(events).doesNotContain("away KEY_MISSING");
    }
  }

  @Test
  void destroy_whileAway_isRefusedAndDoneLater() throws Exception {
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      HsmKey key = another(token, STATUS);
      module.remove();
      assertThatThrownBy(() -> issuer.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      assertThatThrownBy(() -> token.destroy(key.spec()))
          .satisfies(e -> isFault(e, Fault.TOKEN_AWAY));
      module.restore();
      awaitConnection(token, 2);
      isDestroyed(key);
      token.destroy(key.spec());
      assertThat(isTaken(token, key.spec())).isFalse();
    }
  }

  /** Without a login, private keys are not found: that they are gone cannot be read back. */
  @Test
  void destroy_loginLost_isNotTakenForDone() throws Exception {
    try (Token token = open()) {
      HsmKey key = another(token, STATUS);
      token.connection().logout();
      assertThatThrownBy(() -> token.destroy(key.spec()))
          .satisfies(e -> isFault(e, Fault.TOKEN_AWAY))
          .hasMessageEndingWith("(CKR_USER_NOT_LOGGED_IN)");
      awaitConnection(token, 2);
      assertThat(token.generations(STATUS)).contains(key.spec());
      token.destroy(key.spec());
      assertThat(token.generations(STATUS)).doesNotContain(key.spec());
      token.connection().logout();
      assertThatThrownBy(() -> token.generations(STATUS))
          .hasMessageEndingWith("(CKR_USER_NOT_LOGGED_IN)");
    }
  }

  @Test
  void destroy_keyThatKeepsTheTokenAlive_leavesItToAnother() throws Exception {
    TokenProfile watchful = keptAliveEvery(Duration.ofMillis(50));
    try (Token token = open(watchful, made.get(0))) {
      HsmKey status = token.key(STATUS);
      HsmKey key = another(token, INVENTORY.spec(KeyRole.ATTESTATION));
      await(() -> events.contains("kept alive " + key.spec().label()));
      token.destroy(key.spec());
      events.clear();
      await(() -> events.contains("kept alive writ-status"));
      Thread.sleep(200);
      assertThat(events).doesNotContain("kept alive " + key.spec().label());
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
      requireSigns(status);
    }
  }

  @Test
  void destroy_underLoad_endsThatKeyAloneAndNoConnection() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      for (int round = 1; round <= 10; round++) {
        HsmKey key = another(token, STATUS);
        List<Future<Fault>> ends = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          ends.add(threads.submit(() -> signUntilItFails(key)));
        }
        Future<Boolean> others =
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    requireSigns(issuer);
                  }
                  return true;
                });
        Thread.sleep(20);
        token.destroy(key.spec());
        // Objects that come after it may have its numbers.
        HsmKey successor = another(token, STATUS);
        for (Future<Fault> end : ends) {
          assertThat(end.get()).isEqualTo(Fault.KEY_MISSING);
        }
        assertThat(others.get()).isTrue();
        requireSigns(successor);
        token.destroy(successor.spec());
      }
      assertThat(events).isEmpty();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void destroy_whileASignatureHangs_waitsForItAndIsRepeated() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    TokenProfile patient = withPatience(Duration.ofSeconds(1));
    try (Token token = open(patient, made.get(0))) {
      HsmKey key = another(token, STATUS);
      requireSigns(key);
      long inside = module.calls("C_Sign", Count.ENTERED);
      long destroyed = module.calls("C_DestroyObject", Count.ENTERED);
      module.hang("C_Sign");
      Future<byte[]> held = threads.submit(() -> key.signP1363(MESSAGE));
      await(() -> module.calls("C_Sign", Count.ENTERED) > inside);
      assertThatThrownBy(() -> token.destroy(key.spec()))
          .satisfies(e -> isFault(e, Fault.BUSY))
          .hasMessageContaining("have not within PT1S: destroy it again");
      assertThat(module.calls("C_DestroyObject", Count.ENTERED)).isEqualTo(destroyed);
      module.release("C_Sign");
      assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), MESSAGE, held.get())).isTrue();
      await(() -> token.status() instanceof TokenStatus.Connected);
      token.destroy(key.spec());
      assertThat(isTaken(token, key.spec())).isFalse();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void destroy_somethingElseByItsLabel_isLeftAndSaid() throws Exception {
    KeySpec spec = STATUS.ofGeneration(++generation);
    FreshTokens.pkcs11Tool(
        made.get(0),
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--label",
        spec.label(),
        "--id",
        "77");
    try (Token token = open()) {
      assertThatThrownBy(() -> token.destroy(spec))
          .satisfies(e -> isFault(e, Fault.TOKEN_FAILED))
          .hasMessageContaining("and something does: remove it");
      assertThat(token.generations(STATUS)).contains(spec);
    }
    for (String type : List.of("privkey", "pubkey")) {
      FreshTokens.pkcs11Tool(made.get(0), "--delete-object", "--type", type, "--id", "77");
    }
  }

  @Test
  void release_keyThatVanished_doesNotKeepTheTokenAway() throws Exception {
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      HsmKey key = another(token, STATUS);
      token.release(key.spec());
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .satisfies(e -> isFault(e, Fault.KEY_MISSING))
          .hasMessageContaining("was released");
      module.hide(key.spec().label());
      loseAndAwait(token, issuer, 2);
      assertThat(events).doesNotContain("away KEY_MISSING");
      module.show(key.spec().label());
      requireSigns(token.key(key.spec()));
      requireSigns(key);
      // Taken back, it belongs to the token again.
      module.hide(key.spec().label());
      module.fail("C_SignInit", CKR_DEVICE_REMOVED, 1);
      assertThatThrownBy(() -> issuer.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.contains("away KEY_MISSING"));
      token.release(key.spec());
      awaitConnection(token, 3);
      requireSigns(issuer);
      token.destroy(key.spec());
    }
  }

  @Test
  void key_replacedByAnotherOfItsNames_isNotHandedOut() throws Exception {
    try (Token token = open()) {
      HsmKey key = another(token, STATUS);
      token.release(key.spec());
      try (CryptokiSession session = token.openWritableSession()) {
        new TokenObjects(session).destroy(key.spec());
      }
      assertThat(next(token, key.spec())).isInstanceOf(Born.class);
      assertThatThrownBy(() -> token.key(key.spec()))
          .satisfies(e -> isFault(e, Fault.KEY_AMBIGUOUS))
          .hasMessageContaining("must be the one that was opened, and is another");
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .satisfies(e -> isFault(e, Fault.KEY_MISSING));
      token.destroy(key.spec());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C_GenerateKeyPair", "C_CreateObject", "C_Sign"})
  void next_tokenFailsInBetween_leavesNothing(String function) throws Exception {
    try (Token token = open()) {
      KeySpec spec = STATUS.ofGeneration(++generation);
      List<KeySpec> before = token.generations(STATUS);
      module.fail(function, CKR_DEVICE_MEMORY, 1);
      assertThatThrownBy(() -> next(token, spec)).hasMessageEndingWith("(CKR_DEVICE_MEMORY)");
      assertThat(isTaken(token, spec)).isFalse();
      assertThat(token.generations(STATUS)).isEqualTo(before);
      assertThat(next(token, spec)).isEqualTo(new Born(List.of(spec)));
      token.destroy(spec);
    }
  }

  private static HsmKey another(Token token, KeySpec role) throws HsmException {
    KeySpec spec = role.ofGeneration(++generation);
    assertThat(next(token, spec)).isEqualTo(new Born(List.of(spec)));
    return token.key(spec);
  }

  private static CeremonyOutcome next(Token token, KeySpec spec) throws HsmException {
    return KeyCeremony.next(token, spec, InstantSource.system(), new SecureRandom());
  }

  private static boolean isTaken(Token token, KeySpec spec) throws Exception {
    try (CryptokiSession session = token.openWritableSession()) {
      return new TokenObjects(session).isTaken(spec);
    }
  }

  private static Fault signUntilItFails(HsmKey key) throws Exception {
    while (true) {
      try {
        requireSigns(key);
      } catch (HsmException e) {
        return e.fault();
      }
    }
  }

  private static void loseAndAwait(Token token, HsmKey key, int connection) throws Exception {
    module.fail("C_SignInit", CKR_DEVICE_REMOVED, 1);
    assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
    awaitConnection(token, connection);
    requireSigns(key);
  }

  private static void isDestroyed(HsmKey key) {
    assertThatThrownBy(() -> key.signP1363(MESSAGE))
        .satisfies(e -> isFault(e, Fault.KEY_MISSING))
        .hasMessageContaining("was destroyed: use another key of its role");
  }

  private static void isFault(Throwable thrown, Fault fault) {
    assertThat(thrown)
        .isInstanceOfSatisfying(HsmException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }
}
