// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * SoftHSM behind a module that goes away, hangs and forgets.
 *
 * <p>There are several tokens, since this process does not forget that a token refused a PIN; the last
 * has no keys.
 */
abstract class TokenUnderFault {
  static final byte[] MESSAGE = "message".getBytes(StandardCharsets.US_ASCII);
  static final Duration LONG = Duration.ofSeconds(20);

  @TempDir static Path folder;

  static FaultyModule module;
  static List<SoftHsmToken> made = List.of();
  static TokenProfile profile;

  final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
  Path pinFile = Path.of("unset");

  @BeforeAll
  static void makeTokens() throws Exception {
    made = FreshTokens.create("loss", "pins", "ended", "other", "fresh");
    TokenProfile real = FreshTokens.profile();
    module = FaultyModule.build(folder.resolve("module"), real.library());
    profile =
        new TokenProfile(
            real.name(),
            module.library(),
            real.install(),
            real.assurance(),
            real.environment(),
            real.storage(),
            real.sessions(),
            4,
            new TokenProfile.Times(
                Duration.ofSeconds(5),
                Duration.ofMillis(300),
                Duration.ofMinutes(10),
                Duration.ofMillis(200)),
            real.replicable());
    for (SoftHsmToken soft : made.subList(0, made.size() - 1)) {
      try (Token token = Token.open(profile, soft.label(), PinSource.file(soft.pinFile()))) {
        assertThat(
                KeyCeremony.init(
                    token, KeyInventory.standard(), InstantSource.system(), new SecureRandom()))
            .isInstanceOf(Born.class);
      }
    }
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken soft : made) {
      soft.close();
    }
  }

  @AfterEach
  void mend() throws Exception {
    module.clear();
  }

  Token open() throws Exception {
    return open(profile, made.get(0));
  }

  Token open(TokenProfile chosen, SoftHsmToken soft) throws Exception {
    pinFile = FreshTokens.pinFile(folder, Files.readString(soft.pinFile()));
    return open(chosen, soft.label(), PinSource.file(pinFile));
  }

  Token open(TokenProfile chosen, String label, PinSource source) throws Exception {
    return Token.open(
        chosen,
        label,
        source,
        new TokenEvents() {
          @Override
          public void lost(HsmException cause) {
            events.add("lost " + cause.ckrName().orElse(cause.fault().name()));
          }

          @Override
          public void stillAway(HsmException cause) {
            events.add("away " + cause.fault());
          }

          @Override
          public void connected(int connection, Duration away) {
            events.add("connected " + connection);
          }

          @Override
          public void keptAlive(KeySpec spec) {
            events.add("kept alive " + spec.label());
          }
        });
  }

  static TokenProfile keptAliveEvery(Duration keepAlive) {
    return with(
        new TokenProfile.Times(
            profile.times().turn(),
            profile.times().patience(),
            keepAlive,
            profile.times().reconnect()));
  }

  static TokenProfile withPatience(Duration patience) {
    return with(
        new TokenProfile.Times(
            profile.times().turn(),
            patience,
            profile.times().keepAlive(),
            profile.times().reconnect()));
  }

  static TokenProfile with(TokenProfile.Times times) {
    return new TokenProfile(
        profile.name(),
        profile.library(),
        profile.install(),
        profile.assurance(),
        profile.environment(),
        profile.storage(),
        profile.sessions(),
        profile.signers(),
        times,
        profile.replicable());
  }

  static int signUntil(AtomicBoolean over, HsmKey key) throws Exception {
    int signed = 0;
    while (!over.get()) {
      try {
        byte[] signature = key.signP1363(MESSAGE);
        assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), MESSAGE, signature)).isTrue();
        signed++;
      } catch (HsmException e) {
        assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY);
        Thread.sleep(1);
      }
    }
    return signed;
  }

  static HsmKey issuer(Token token) throws HsmException {
    return token.key(KeyInventory.standard().spec(KeyRole.ISSUER));
  }

  static HsmKey status(Token token) throws HsmException {
    return token.key(KeyInventory.standard().spec(KeyRole.STATUS));
  }

  static void requireSigns(HsmKey key) throws Exception {
    assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), MESSAGE, key.signP1363(MESSAGE)))
        .isTrue();
  }

  static void awaitConnection(Token token, int number) throws Exception {
    await(
        () ->
            token.status() instanceof TokenStatus.Connected connected
                && connected.connection() >= number);
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }
}
