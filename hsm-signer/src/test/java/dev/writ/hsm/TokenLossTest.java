// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.fixtures.FaultyModule.Gauge;
import dev.writ.hsm.HsmException.Fault;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A token that goes away, hangs or forgets, and what is done about it. */
class TokenLossTest extends TokenUnderFault {
  @Test
  void sign_deviceTakenAway_isRefusedAtOnceAndComesBackByItself() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      module.remove();
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .isInstanceOfSatisfying(
              HsmException.class,
              e -> {
                assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY);
                assertThat(e.ckrName()).contains("CKR_DEVICE_REMOVED");
              })
          .hasMessageContaining("connected anew");
      long asked = module.calls("C_SignInit", Count.ENTERED);
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> key.signP1363(MESSAGE))
            .isInstanceOfSatisfying(
                HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY))
            .hasMessageContaining("it is tried again by itself");
      }
      assertThat(module.calls("C_SignInit", Count.ENTERED)).isEqualTo(asked);
      assertThat(token.status()).isInstanceOf(TokenStatus.Away.class);
      await(() -> events.contains("away TOKEN_MISSING"));
      module.restore();
      awaitConnection(token, 2);
      requireSigns(key);
      await(() -> events.contains("connected 2"));
      assertThat(events).startsWith("lost CKR_DEVICE_REMOVED").endsWith("connected 2");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x05, CKR_GENERAL_ERROR",
    "0x30, CKR_DEVICE_ERROR",
    "0x82, CKR_OBJECT_HANDLE_INVALID",
    "0xe0, CKR_TOKEN_NOT_PRESENT",
    "0x101, CKR_USER_NOT_LOGGED_IN",
    "0x190, CKR_CRYPTOKI_NOT_INITIALIZED",
  })
  void sign_codeOfALostConnection_reconnects(String code, String name) throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      long initialised = module.calls("C_Initialize", Count.SUCCEEDED);
      module.fail("C_SignInit", Long.decode(code), 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).hasMessageEndingWith("(" + name + ")");
      awaitConnection(token, 2);
      requireSigns(key);
      assertThat(module.calls("C_Initialize", Count.SUCCEEDED)).isEqualTo(initialised + 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"0x31, CKR_DEVICE_MEMORY", "0x70, CKR_MECHANISM_INVALID"})
  void sign_codeOfARefusedCall_leavesTheConnection(String code, String name) throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      module.fail("C_SignInit", Long.decode(code), 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOKEN_FAILED))
          .hasMessageEndingWith("(" + name + ")");
      requireSigns(key);
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
    }
  }

  @Test
  void sign_oneSessionSpoilt_isDoneInAnother() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      requireSigns(key);
      long opened = module.calls("C_OpenSession", Count.SUCCEEDED);
      module.fail("C_Sign", 0xb3, 1);
      requireSigns(key);
      assertThat(module.calls("C_OpenSession", Count.SUCCEEDED)).isEqualTo(opened + 1);
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
    }
  }

  @Test
  void sign_allSessionsPurged_logsInAnew() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      requireSigns(key);
      module.purgeSessions();
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY));
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  /** The module gives each object the number of another after C_Initialize. */
  @Test
  void reconnect_handlesThatNameOtherKeys_areFoundAnew() throws Exception {
    try (Token token = open()) {
      List<HsmKey> keys = new ArrayList<>();
      for (KeySpec spec : KeyInventory.standard().specs()) {
        if (spec.algorithm() == KeyAlgorithm.P256) {
          keys.add(token.key(spec));
        }
      }
      HsmEd25519Key edwards =
          token.ed25519Key(KeyInventory.standard().spec(KeyRole.CHECKPOINT_ED25519));
      for (int connection = 2; connection < 5; connection++) {
        module.fail("C_SignInit", 0x30, 1);
        HsmKey first = keys.get(0);
        assertThatThrownBy(() -> first.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
        awaitConnection(token, connection);
        for (HsmKey key : keys) {
          requireSigns(key);
        }
        assertThat(
                KeyAlgorithm.ED25519.verifies(edwards.publicKey(), MESSAGE, edwards.sign(MESSAGE)))
            .isTrue();
      }
    }
  }

  @Test
  void sign_callsThatDoNotReturn_countAsAwayAndAreWaitedFor() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Token token = open()) {
      HsmKey key = issuer(token);
      module.hang("C_Sign");
      List<Future<byte[]>> held = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        held.add(threads.submit(() -> key.signP1363(MESSAGE)));
      }
      await(() -> token.status() instanceof TokenStatus.Away);
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .hasMessageContaining("must answer within PT0.3S, and has not");
      long finalized = module.calls("C_Finalize", Count.ENTERED);
      await(() -> events.contains("away TOKEN_AWAY"));
      // Under a call that is inside, the module must not be ended.
      assertThat(module.calls("C_Finalize", Count.ENTERED)).isEqualTo(finalized);
      module.release("C_Sign");
      awaitConnection(token, 2);
      int signed = 0;
      for (Future<byte[]> each : held) {
        try {
          assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), MESSAGE, each.get())).isTrue();
          signed++;
        } catch (ExecutionException e) {
          assertThat(e).hasRootCauseInstanceOf(HsmException.class);
        }
      }
      assertThat(signed).isEqualTo(4); // the profile's signers; the others waited for a turn
      requireSigns(key);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void reconnect_pinRefused_isTriedOnceUntilAnotherIsGiven() throws Exception {
    try (Token token = open(profile, made.get(1))) {
      HsmKey key = issuer(token);
      module.refusePins(ReturnValue.CKR_PIN_INCORRECT);
      long logins = module.calls("C_Login", Count.ENTERED);
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.stream().filter("away PIN_INCORRECT"::equals).count() > 3);
      assertThat(module.calls("C_Login", Count.ENTERED)).isEqualTo(logins + 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .hasMessageContaining("was not tried again: put the right one in its place");
      // The token takes PINs again, and this process must not find that out by itself.
      module.pass("C_Login");
      long tries = events.size();
      await(() -> events.size() > tries + 3);
      assertThat(module.calls("C_Login", Count.ENTERED)).isEqualTo(logins + 1);
    }
  }

  @Test
  void reconnect_pinChangedMeanwhile_usesTheNewOne() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      String right = Files.readString(pinFile);
      Files.writeString(pinFile, "a wrong one for a while\n");
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.contains("away PIN_INCORRECT"));
      Files.writeString(pinFile, right);
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  @Test
  void reconnect_keyGone_staysAwayUntilItIsBack() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      module.hide("writ-issuer");
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .hasMessageEndingWith("(CKR_KEY_HANDLE_INVALID)");
      await(() -> events.contains("away KEY_MISSING"));
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .hasMessageContaining("must hold the key issuer (label writ-issuer");
      module.show("writ-issuer");
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  @Test
  void sign_fewerSessionsThanTurns_takesThoseThatThereAre() throws Exception {
    // One for the login, two that sign.
    module.limitSessions(3);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Token token = open()) {
      HsmKey key = issuer(token);
      List<Future<Integer>> rounds = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        rounds.add(
            threads.submit(
                () -> {
                  for (int j = 0; j < 50; j++) {
                    requireSigns(key);
                  }
                  return 50;
                }));
      }
      for (Future<Integer> round : rounds) {
        assertThat(round.get(20, TimeUnit.SECONDS)).isEqualTo(50);
      }
      assertThat(module.calls("C_OpenSession", Count.FAILED)).isPositive();
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void reconnect_underLoad_neverGivesASignatureThatDoesNotVerify() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6);
    AtomicBoolean over = new AtomicBoolean();
    try (Token token = open()) {
      HsmKey issuer = issuer(token);
      HsmKey status = token.key(KeyInventory.standard().spec(KeyRole.STATUS));
      List<Future<Integer>> signers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        HsmKey key = i % 2 == 0 ? issuer : status;
        signers.add(threads.submit(() -> signUntil(over, key)));
      }
      for (int outage = 0; outage < 6; outage++) {
        Thread.sleep(100);
        int before = token.status().connection();
        if (outage % 2 == 0) {
          module.remove();
          Thread.sleep(50);
          module.restore();
        } else {
          module.purgeSessions();
        }
        awaitConnection(token, before + 1);
      }
      over.set(true);
      for (Future<Integer> signer : signers) {
        assertThat(signer.get(20, TimeUnit.SECONDS)).isPositive();
      }
      // The login's, one to a turn: what came before is closed.
      assertThat(module.gauge(Gauge.OPEN_SESSIONS)).isLessThanOrEqualTo(1 + profile.signers());
    } finally {
      threads.shutdownNow();
    }
    assertThat(module.gauge(Gauge.OPEN_SESSIONS)).isZero();
  }

  @Test
  void keepAlive_idleToken_noticesThatTheDeviceIsGone() throws Exception {
    TokenProfile watchful = keptAliveEvery(Duration.ofMillis(50));
    try (Token token = open(watchful, made.get(0))) {
      HsmKey key = status(token);
      await(() -> events.contains("kept alive writ-status"));
      module.remove();
      await(() -> token.status() instanceof TokenStatus.Away);
      module.restore();
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  @Test
  void close_whileAway_leavesAModuleThatOpensAgain() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      module.remove();
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.contains("away TOKEN_MISSING"));
    }
    module.restore();
    try (Token token = open()) {
      requireSigns(issuer(token));
    }
  }
}
