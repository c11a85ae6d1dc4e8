// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.fixtures.FaultyModule.Gauge;
import dev.writ.fixtures.SoftHsmToken;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong while a token is looked after, and must not end that. */
class TokenWatchTest extends TokenUnderFault {
  private static final TokenProfile.Times TIMES =
      new TokenProfile.Times(
          Duration.ofSeconds(5),
          Duration.ofMillis(300),
          Duration.ofMillis(50),
          Duration.ofMillis(200));

  @Test
  void keepAlive_tokenThatHangs_isNoticedWithoutACaller() throws Exception {
    try (Token token = open(with(TIMES), made.get(0))) {
      HsmKey key = status(token);
      await(() -> events.contains("kept alive writ-status"));
      module.hang("C_Sign");
      await(() -> token.status() instanceof TokenStatus.Away);
      module.release("C_Sign");
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  @Test
  void keepAlive_onlyTheIssuersKey_signsNothing() throws Exception {
    try (Token token = open(with(TIMES), made.get(0))) {
      HsmKey key = issuer(token);
      long signed = module.calls("C_Sign", Count.ENTERED);
      Thread.sleep(300);
      assertThat(module.calls("C_Sign", Count.ENTERED)).isEqualTo(signed);
      requireSigns(key);
    }
  }

  @Test
  void reconnect_sourceOfThePinThatThrows_isTriedAgain() throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    PinSource file = PinSource.file(made.get(0).pinFile());
    PinSource source =
        () -> {
          if (broken.getAndSet(false)) {
            throw new IllegalStateException("a source's bug");
          }
          return file.read();
        };
    try (Token token = open(profile, made.get(0).label(), source)) {
      HsmKey key = issuer(token);
      broken.set(true);
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      awaitConnection(token, 2);
      requireSigns(key);
      assertThat(events).contains("away TOKEN_FAILED");
    }
  }

  @Test
  void reconnect_listenerThatThrows_isTriedAgain() throws Exception {
    TokenEvents hostile =
        new TokenEvents() {
          @Override
          public void lost(HsmException cause) {
            throw new IllegalStateException("a listener's bug");
          }

          @Override
          public void connected(int connection, Duration away) {
            throw new IllegalStateException("another");
          }
        };
    PinSource source = PinSource.file(made.get(0).pinFile());
    try (Token token = Token.open(profile, made.get(0).label(), source, hostile)) {
      HsmKey key = issuer(token);
      for (int connection = 2; connection < 4; connection++) {
        module.fail("C_SignInit", 0x32, 1);
        assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(RuntimeException.class);
        awaitConnection(token, connection);
        requireSigns(key);
      }
    }
  }

  @Test
  void turns_setAsideForAMoment_comeBackWhileOthersSign() throws Exception {
    module.limitSessions(2);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Token token = open(with(TIMES), made.get(0))) {
      HsmKey key = issuer(token);
      signAtOnce(threads, key);
      assertThat(module.gauge(Gauge.OPEN_SESSIONS)).isEqualTo(2);
      module.clear();
      await(
          () -> {
            signAtOnce(threads, key);
            return module.gauge(Gauge.OPEN_SESSIONS) == 1 + profile.signers();
          });
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void reconnect_moduleThatDoesNotEnd_isNotTakenForANewOne() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      long initialised = module.calls("C_Initialize", Count.ENTERED);
      module.fail("C_Finalize", 0x05);
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.stream().filter("away TOKEN_AWAY"::equals).count() > 2);
      assertThatThrownBy(() -> key.signP1363(MESSAGE))
          .hasMessageContaining("must end before it is loaded anew, and does not")
          .hasMessageContaining("end the process");
      assertThat(module.calls("C_Initialize", Count.ENTERED)).isEqualTo(initialised);
      module.pass("C_Finalize");
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  /** A vendor's code may say that the PIN is wrong: it is shown ever more seldom. */
  @ParameterizedTest
  @ValueSource(longs = {0x06, 0x80000042L})
  void login_unclearAnswer_isNotAskedForEachSecond(long code) throws Exception {
    try (Token token = open(with(TIMES), made.get(0))) {
      HsmKey key = issuer(token);
      long logins = module.calls("C_Login", Count.ENTERED);
      module.fail("C_Login", code);
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.stream().filter("away TOKEN_FAILED"::equals).count() > 8);
      assertThat(module.calls("C_Login", Count.ENTERED) - logins).isBetween(1L, 2L);
      module.pass("C_Login");
      awaitConnection(token, 2);
      requireSigns(key);
    }
  }

  @ParameterizedTest
  @CsvSource({"0xa3, PIN_INCORRECT, run out", "0xa4, PIN_LOCKED, has locked its user PIN"})
  void login_pinThatHasEndedOrLocks_isNotTriedAgain(String code, Fault fault, String said)
      throws Exception {
    SoftHsmToken soft = made.get(fault == Fault.PIN_LOCKED ? 1 : 2);
    try (Token token = open(profile, soft)) {
      HsmKey key = issuer(token);
      long logins = module.calls("C_Login", Count.ENTERED);
      module.refusePins(Long.decode(code));
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      await(() -> events.stream().filter(("away " + fault)::equals).count() > 3);
      assertThat(module.calls("C_Login", Count.ENTERED)).isEqualTo(logins + 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).hasMessageContaining("was not tried again");
    }
  }

  @Test
  void twoTokens_ofOneLibrary_oneThatIsAwayLeavesTheOther() throws Exception {
    try (Token one = open();
        Token other = Token.open(profile, "other", PinSource.file(made.get(3).pinFile()))) {
      HsmKey mine = issuer(one);
      HsmKey theirs = issuer(other);
      module.fail("C_SignInit", 0x32, 1);
      assertThatThrownBy(() -> mine.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      awaitConnection(one, 2);
      requireSigns(mine);
      requireSigns(theirs);
      assertThat(other.status()).isEqualTo(new TokenStatus.Connected(1));
      // What takes both is seen by both, and the module is loaded anew.
      module.remove();
      assertThatThrownBy(() -> mine.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      assertThatThrownBy(() -> theirs.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      module.restore();
      awaitConnection(one, 3);
      awaitConnection(other, 2);
      requireSigns(mine);
      requireSigns(theirs);
    }
  }

  @Test
  void close_whileTheModuleHangs_returns() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(1);
    Future<byte[]> held;
    try {
      try (Token token = open()) {
        HsmKey key = issuer(token);
        module.hang("C_Sign");
        held = threads.submit(() -> key.signP1363(MESSAGE));
        await(() -> events.contains("away TOKEN_AWAY"));
      }
      module.release("C_Sign");
      assertThat(held.get(20, TimeUnit.SECONDS)).hasSize(64);
    } finally {
      threads.shutdownNow();
    }
    try (Token token = open()) {
      requireSigns(issuer(token));
    }
  }

  @Test
  void init_ed25519KeyThatTheTokenOnlyListed_isDoneWithout() throws Exception {
    SoftHsmToken fresh = made.get(4);
    module.failAfter("C_GenerateKeyPair", 2, 0x140, 2);
    try (Token token = open(profile, fresh)) {
      KeyInventory inventory = KeyInventory.standard();
      assertThat(KeyCeremony.init(token, inventory, InstantSource.system(), new SecureRandom()))
          .isInstanceOfSatisfying(
              Born.class,
              born ->
                  assertThat(born.keys())
                      .hasSize(5)
                      .doesNotContain(inventory.spec(KeyRole.CHECKPOINT_ED25519)));
      assertThatThrownBy(() -> token.ed25519Key(inventory.spec(KeyRole.CHECKPOINT_ED25519)))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_MISSING));
      requireSigns(issuer(token));
    }
  }

  private static void signAtOnce(ExecutorService threads, HsmKey key) throws Exception {
    List<Future<byte[]>> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(threads.submit(() -> key.signP1363(MESSAGE)));
    }
    for (Future<byte[]> each : all) {
      assertThat(each.get(20, TimeUnit.SECONDS)).hasSize(64);
    }
  }
}
