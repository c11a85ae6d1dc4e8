// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.SignatureTally.Purpose;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token and a second one that has its keys, in one module. */
class ReplicaTest {
  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.US_ASCII);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final KeyInventory INVENTORY = KeyInventory.standard();

  @TempDir static Path folder;

  private static FaultyModule module;
  private static TokenProfile profile;
  private static SoftHsmToken first;
  private static SoftHsmToken second;

  /** Has keys of its own under the same names. */
  private static SoftHsmToken stranger;

  /** Has no keys. */
  private static SoftHsmToken empty;

  /** A replica that is used for wrong PINs alone: the process remembers them. */
  private static SoftHsmToken locked;

  private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> replicaEvents = new ConcurrentLinkedQueue<>();

  @BeforeAll
  static void makeTokens() throws Exception {
    List<SoftHsmToken> made = FreshTokens.create("first", "stranger", "empty");
    first = made.get(0);
    stranger = made.get(1);
    empty = made.get(2);
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
                Duration.ofMillis(100),
                Duration.ofMillis(200)),
            true);
    for (SoftHsmToken soft : List.of(first, stranger)) {
      try (Token token = Token.open(profile, soft.label(), PinSource.file(soft.pinFile()))) {
        assertThat(KeyCeremony.init(token, INVENTORY, InstantSource.system(), new SecureRandom()))
            .isInstanceOf(Born.class);
      }
    }
    second = first.replicate("second");
    locked = first.replicate("locked");
    // SoftHSM lists its folder once.
    LoadedModules.distrust(profile, LONG);
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken soft : List.of(second, locked, stranger, empty, first)) {
      soft.close();
    }
  }

  @AfterEach
  void mend() throws Exception {
    module.clear();
  }

  @Test
  void sign_firstTokenAway_goesOnByTheReplicaAndBack() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    AtomicBoolean over = new AtomicBoolean();
    try (Token token = open(second)) {
      HsmKey issuer = issuer(token);
      HsmEd25519Key edwards = token.ed25519Key(INVENTORY.spec(KeyRole.CHECKPOINT_ED25519));
      token.requireReplicated();
      assertThat(token.unreplicated()).isEmpty();
      assertThat(token.isReplicated(issuer.spec())).contains(true);
      List<Future<Integer>> signers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        signers.add(threads.submit(() -> signUntil(over, issuer)));
      }
      for (int outage = 0; outage < 3; outage++) {
        Thread.sleep(100);
        module.removeToken("first");
        await(() -> token.status() instanceof TokenStatus.Away);
        assertThat(issuer.tokenStatus()).isInstanceOf(TokenStatus.ByReplica.class);
        requireSigns(issuer);
        assertThat(
                KeyAlgorithm.ED25519.verifies(edwards.publicKey(), MESSAGE, edwards.sign(MESSAGE)))
            .isTrue();
        module.restoreToken("first");
        await(() -> issuer.tokenStatus() instanceof TokenStatus.Connected);
      }
      over.set(true);
      for (Future<Integer> signer : signers) {
        assertThat(signer.get(20, TimeUnit.SECONDS)).as("and none of them failed").isPositive();
      }
      // Told after the token is used again, not before.
      await(() -> events.contains("connected 4"));
      assertThat(replicaEvents).noneMatch(event -> event.startsWith("lost"));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void sign_firstTokenAway_isCountedWithTheRest() throws Exception {
    try (Token token = open(second)) {
      HsmKey issuer = issuer(token);
      requireSigns(issuer);
      module.removeToken("first");
      requireSigns(issuer);
      requireSigns(issuer);
      Map<Purpose, Long> signatures = token.signatures().getOrDefault(issuer.spec(), Map.of());
      assertThat(signatures).containsEntry(Purpose.SERVICE, 3L);
      assertThat(signatures).as("each token proves its key").containsEntry(Purpose.PROOF, 2L);
    }
  }

  /** Calls that hang are left to hang: who asked is answered by the replica, and counted once. */
  @Test
  void sign_firstTokenHangs_callsUnderWayGoToTheReplica() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6);
    Path other = Files.copy(FreshTokens.profile().library(), folder.resolve("another-module.so"));
    TokenPlace replica =
        new TokenPlace(
            profile.withLibrary(other),
            "second",
            PinSource.file(second.pinFile()),
            heard(replicaEvents));
    try (Token token = Token.open(place(profile, first, events), replica)) {
      HsmKey issuer = issuer(token);
      token.requireReplicated();
      module.hang("C_Sign");
      List<Future<byte[]>> held = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        held.add(threads.submit(() -> issuer.signP1363(MESSAGE)));
      }
      for (Future<byte[]> each : held) {
        assertThat(
                KeyAlgorithm.P256.verifies(
                    issuer.publicKey(), MESSAGE, each.get(20, TimeUnit.SECONDS)))
            .isTrue();
      }
      assertThat(issuer.tokenStatus()).isInstanceOf(TokenStatus.ByReplica.class);
      module.release("C_Sign");
      await(() -> token.status() instanceof TokenStatus.Connected);
      requireSigns(issuer);
      Map<Purpose, Long> signatures = token.signatures().getOrDefault(issuer.spec(), Map.of());
      assertThat(signatures).containsEntry(Purpose.SERVICE, 7L);
      assertThat(signatures).as("those that hung").containsEntry(Purpose.UNKNOWN, 4L);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void sign_firstTokenBack_signsThereAgain() throws Exception {
    try (Token token = open(second)) {
      HsmKey issuer = issuer(token);
      module.removeToken("first");
      requireSigns(issuer);
      module.restoreToken("first");
      await(() -> token.status() instanceof TokenStatus.Connected);
      module.removeToken("second");
      requireSigns(issuer);
      assertThat(issuer.tokenStatus()).isEqualTo(new TokenStatus.Connected(2));
    }
  }

  @Test
  void replicaGone_firstTokenSignsOnAndItIsSaid() throws Exception {
    try (Token token = open(second)) {
      HsmKey issuer = issuer(token);
      HsmKey status = token.key(INVENTORY.spec(KeyRole.STATUS));
      assertThat(token.replicaStatus()).containsInstanceOf(TokenStatus.Connected.class);
      module.removeToken("second");
      await(() -> token.replicaStatus().orElseThrow() instanceof TokenStatus.Away);
      assertThat(replicaEvents).anyMatch(event -> event.startsWith("lost"));
      requireSigns(issuer);
      requireSigns(status);
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(1));
      module.restoreToken("second");
      await(() -> token.replicaStatus().orElseThrow() instanceof TokenStatus.Connected);
    }
  }

  @Test
  void bothGone_isRefusedAtOnceAndComesBackByItself() throws Exception {
    try (Token token = open(second)) {
      HsmKey issuer = issuer(token);
      HsmKey status = token.key(INVENTORY.spec(KeyRole.STATUS));
      module.remove();
      assertThatThrownBy(() -> issuer.signP1363(MESSAGE))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY))
          .hasMessageContaining("the token \"first\"")
          .hasMessageContaining("its replica \"second\" does not sign either");
      assertThat(issuer.tokenStatus()).isInstanceOf(TokenStatus.Away.class);
      long asked = module.calls("C_SignInit", Count.ENTERED);
      assertThatThrownBy(() -> status.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      assertThat(module.calls("C_SignInit", Count.ENTERED)).isEqualTo(asked);
      module.restore();
      await(() -> token.status() instanceof TokenStatus.Connected);
      await(() -> token.replicaStatus().orElseThrow() instanceof TokenStatus.Connected);
      requireSigns(issuer);
      module.removeToken("first");
      requireSigns(status);
    }
  }

  @Test
  void requireReplicated_anotherKeyOfTheSameNames_isRefused() throws Exception {
    try (Token token = open(stranger)) {
      HsmKey issuer = issuer(token);
      assertThatThrownBy(token::requireReplicated)
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_AMBIGUOUS))
          .hasMessageStartingWith(
              "the replica \"stranger\" must have the key issuer (label writ-issuer, id 01) of the"
                  + " token \"first\", and has another of these names");
      requireSigns(issuer);
      module.removeToken("first");
      assertThatThrownBy(() -> issuer.signP1363(MESSAGE))
          .as("its key is never signed with")
          .hasMessageContaining("of both tokens must be one, and is not");
    }
  }

  @Test
  void requireReplicated_keyMissing_isRefused() throws Exception {
    try (Token token = open(empty)) {
      HsmKey issuer = issuer(token);
      assertThat(token.unreplicated()).containsExactly(issuer.spec());
      assertThatThrownBy(token::requireReplicated)
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_MISSING))
          .hasMessageContaining("the replica \"empty\" must have the key issuer")
          .hasMessageContaining("has none of these names");
    }
  }

  @Test
  void open_sameTokenTwice_isRefused() {
    assertThatThrownBy(
            () -> Token.open(place(profile, first, events), place(profile, first, events)))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.REPLICA_REFUSED))
        .hasMessageContaining("must be another token than its first")
        .hasMessageContaining("name a second one, or leave the replica out");
  }

  @Test
  void requireReplicated_sameTokenTwice_isRefused() throws Exception {
    TokenProfile alias = profile.withLibrary(module.libraryAs("alias.so"));
    try (Token token =
        Token.open(
            place(profile, first, events),
            new TokenPlace(
                alias, "first", PinSource.file(first.pinFile()), heard(replicaEvents)))) {
      assertThatThrownBy(token::requireReplicated)
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.REPLICA_REFUSED))
          .hasMessageContaining("must be another token than its first");
    }
  }

  @Test
  void open_profileWithoutReplicas_isRefused() throws Exception {
    TokenProfile tpm = TokenProfile.named("tpm2pkcs11");
    assertThat(tpm.replicable()).isFalse();
    assertThatThrownBy(
            () -> Token.open(place(profile, first, events), place(tpm, second, replicaEvents)))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.REPLICA_REFUSED))
        .hasMessageContaining("whose keys stay in one token");
  }

  @Test
  void open_wrongPinOfTheReplica_isTriedOnceAndLeavesTheFirstTokenClosed() throws Exception {
    Path wrong = FreshTokens.pinFile(folder, "not the PIN\n");
    TokenPlace replica =
        new TokenPlace(profile, locked.label(), PinSource.file(wrong), heard(replicaEvents));
    assertThatThrownBy(() -> Token.open(place(profile, first, events), replica))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.PIN_INCORRECT))
        .hasMessageContaining("\"locked\"");
    long logins = module.calls("C_Login", Count.ENTERED);
    assertThatThrownBy(() -> Token.open(place(profile, first, events), replica))
        .hasMessageContaining("was not tried again");
    assertThat(module.calls("C_Login", Count.ENTERED)).isEqualTo(logins);
    try (Token token = open(second)) {
      requireSigns(issuer(token));
    }
  }

  @Test
  void newGeneration_untilItIsReplicated_hasNoFailOverAndIsSaid() throws Exception {
    try (Token token = open(second)) {
      HsmKey issuer = issuer(token);
      HsmKey status = token.key(INVENTORY.spec(KeyRole.STATUS));
      KeySpec spec = issuer.spec().ofGeneration(2);
      assertThat(KeyCeremony.next(token, spec, InstantSource.system(), new SecureRandom()))
          .isInstanceOf(Born.class);
      HsmKey next = token.key(spec);
      token.requireReplicated();
      assertThat(token.isReplicated(spec)).contains(false);
      assertThat(token.unreplicated()).containsExactly(spec);
      assertThat(replicaEvents).contains("unreplicated writ-issuer-2 KEY_MISSING");
      requireSigns(next);
      module.removeToken("first");
      assertThatThrownBy(() -> next.signP1363(MESSAGE))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY))
          .hasMessageContaining("its replica \"second\" does not sign either");
      assertThat(next.tokenStatus()).isInstanceOf(TokenStatus.Away.class);
      requireSigns(status);
      module.restoreToken("first");
      await(() -> token.status() instanceof TokenStatus.Connected);
      requireSigns(next);
      token.destroy(spec);
      assertThat(token.unreplicated()).isEmpty();
    }
  }

  @Test
  void newGeneration_replicatedAfterwards_hasFailOverFromThenOn() throws Exception {
    KeySpec spec = INVENTORY.spec(KeyRole.TLS).ofGeneration(2);
    try (Token token = open(second)) {
      HsmKey status = token.key(INVENTORY.spec(KeyRole.STATUS));
      assertThat(KeyCeremony.next(token, spec, InstantSource.system(), new SecureRandom()))
          .isInstanceOf(Born.class);
      HsmKey next = token.key(spec);
      assertThat(token.isReplicated(spec)).contains(false);
      first.replicateKeys(second);
      await(() -> token.isReplicated(spec).orElseThrow());
      assertThat(replicaEvents).contains("replicated writ-tls-ca-2");
      assertThat(token.unreplicated()).isEmpty();
      module.removeToken("first");
      requireSigns(next);
      requireSigns(status);
      module.restoreToken("first");
      await(() -> token.status() instanceof TokenStatus.Connected);
      token.destroy(spec);
      assertThat(token.generations(spec)).doesNotContain(spec);
    }
    // Gone in the replica as well.
    try (Token replica = Token.open(profile, second.label(), PinSource.file(second.pinFile()))) {
      assertThat(replica.generations(spec)).doesNotContain(spec);
    }
  }

  @Test
  void destroy_replicaAway_isNotDoneAndCanBeRepeated() throws Exception {
    KeySpec spec = INVENTORY.spec(KeyRole.ATTESTATION).ofGeneration(2);
    try (Token token = open(second)) {
      assertThat(KeyCeremony.next(token, spec, InstantSource.system(), new SecureRandom()))
          .isInstanceOf(Born.class);
      HsmKey status = token.key(INVENTORY.spec(KeyRole.STATUS));
      module.removeToken("second");
      await(() -> token.replicaStatus().orElseThrow() instanceof TokenStatus.Away);
      assertThatThrownBy(() -> token.destroy(spec))
          .hasMessageContaining("must be destroyed in the replica \"second\" first");
      assertThat(token.generations(spec)).contains(spec);
      requireSigns(status);
      module.restoreToken("second");
      await(() -> token.replicaStatus().orElseThrow() instanceof TokenStatus.Connected);
      token.destroy(spec);
      assertThat(token.generations(spec)).doesNotContain(spec);
    }
  }

  private Token open(SoftHsmToken replica) throws Exception {
    return Token.open(place(profile, first, events), place(profile, replica, replicaEvents));
  }

  private static TokenPlace place(
      TokenProfile profile, SoftHsmToken soft, ConcurrentLinkedQueue<String> events) {
    return new TokenPlace(profile, soft.label(), PinSource.file(soft.pinFile()), heard(events));
  }

  private static TokenEvents heard(ConcurrentLinkedQueue<String> events) {
    return new TokenEvents() {
      @Override
      public void lost(HsmException cause) {
        events.add("lost " + cause.ckrName().orElse(cause.fault().name()));
      }

      @Override
      public void connected(int connection, Duration away) {
        events.add("connected " + connection);
      }

      @Override
      public void unreplicated(KeySpec spec, HsmException cause) {
        events.add("unreplicated " + spec.label() + " " + cause.fault());
      }

      @Override
      public void replicated(KeySpec spec) {
        events.add("replicated " + spec.label());
      }
    };
  }

  private static int signUntil(AtomicBoolean over, HsmKey key) throws Exception {
    int signed = 0;
    while (!over.get()) {
      requireSigns(key);
      signed++;
    }
    return signed;
  }

  private static HsmKey issuer(Token token) throws HsmException {
    return token.key(INVENTORY.spec(KeyRole.ISSUER));
  }

  private static void requireSigns(HsmKey key) throws Exception {
    assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), MESSAGE, key.signP1363(MESSAGE)))
        .isTrue();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }
}
