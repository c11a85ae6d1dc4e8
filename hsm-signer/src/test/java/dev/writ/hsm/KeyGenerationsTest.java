// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.AlreadyThere;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** More than one key of a role in SoftHSM. */
class KeyGenerationsTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final byte[] MESSAGE = new byte[10];
  private static final KeyInventory INVENTORY = KeyInventory.standard();
  private static final KeySpec ISSUER = INVENTORY.spec(KeyRole.ISSUER);

  private static List<SoftHsmToken> made = List.of();
  private static Iterator<SoftHsmToken> unused = made.iterator();

  @BeforeAll
  static void makeTokens() throws Exception {
    made = FreshTokens.create("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l");
    unused = made.iterator();
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken token : made) {
      token.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void next_anyRole_makesOneKeyBesideTheOthers(KeyRole role) throws Exception {
    KeySpec first = INVENTORY.spec(role);
    KeySpec second = first.ofGeneration(2);
    try (Token token = FreshTokens.open(unused.next())) {
      assertThat(KeyCeremony.init(token, INVENTORY, InstantSource.fixed(NOW), new SecureRandom()))
          .isInstanceOf(Born.class);
      assertThat(token.generations(second)).containsExactly(first);
      assertThat(next(token, second)).isEqualTo(new Born(List.of(second)));
      for (KeySpec each : INVENTORY.specs()) {
        assertThat(token.generations(each))
            .isEqualTo(each.equals(first) ? List.of(first, second) : List.of(each));
      }
      assertThat(KeyCeremony.missing(token, INVENTORY)).isEmpty();
      if (role.algorithm() == KeyAlgorithm.ED25519) {
        HsmEd25519Key key = token.ed25519Key(second);
        assertThat(key.publicKey()).isNotEqualTo(token.ed25519Key(first).publicKey());
        assertThat(KeyAlgorithm.ED25519.verifies(key.publicKey(), MESSAGE, key.sign(MESSAGE)))
            .isTrue();
        return;
      }
      HsmKey key = token.key(second);
      assertThat(key.attributes()).isEqualTo(token.key(first).attributes());
      assertThat(key.publicKey()).isNotEqualTo(token.key(first).publicKey());
      assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), MESSAGE, key.signP1363(MESSAGE)))
          .isTrue();
      assertThat(key.certificate().getSubjectX500Principal().getName())
          .isEqualTo("CN=" + first.label() + "-2");
      assertThat(key.certificate().getNotBefore().toInstant()).isEqualTo(NOW);
    }
  }

  @Test
  void next_namesThatAreTaken_changesNothing() throws Exception {
    SoftHsmToken soft = unused.next();
    KeySpec second = ISSUER.ofGeneration(2);
    KeySpec third = ISSUER.ofGeneration(3);
    generate(soft, "EC:prime256v1", third.label(), "77");
    generate(soft, "EC:prime256v1", "other", ISSUER.ofGeneration(4).idHex());
    try (Token token = FreshTokens.open(soft)) {
      assertThat(next(token, second)).isInstanceOf(Born.class);
      HsmKey key = token.key(second);
      for (int generation = 2; generation <= 4; generation++) {
        KeySpec taken = ISSUER.ofGeneration(generation);
        assertThat(next(token, taken)).isEqualTo(new AlreadyThere(List.of(taken), List.of()));
      }
      assertThat(token.key(second).publicKey()).isEqualTo(key.publicKey());
      assertThat(token.generations(ISSUER)).containsExactly(second, third);
    }
  }

  @Test
  void next_firstGeneration_isNotItsTask() throws Exception {
    try (Token token = FreshTokens.open(unused.next())) {
      assertThatThrownBy(() -> next(token, ISSUER))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("of generation 2 or later");
      assertThat(token.generations(ISSUER)).isEmpty();
    }
  }

  @Test
  void generations_withGapsAndOtherNames_areListedFromTheToken() throws Exception {
    SoftHsmToken soft = unused.next();
    for (String other : List.of("writ-issuer-02", "writ-issuer-x", "writ-issuer-1", "writ-iss")) {
      generate(soft, "EC:prime256v1", other, "77");
    }
    try (Token token = FreshTokens.open(soft)) {
      for (int generation : List.of(9_999, 10, 9, 4)) {
        assertThat(next(token, ISSUER.ofGeneration(generation))).isInstanceOf(Born.class);
      }
      assertThat(next(token, INVENTORY.spec(KeyRole.STATUS).ofGeneration(5)))
          .isInstanceOf(Born.class);
      assertThat(token.generations(ISSUER.ofGeneration(50)))
          .extracting(KeySpec::generation)
          .containsExactly(4, 9, 10, 9_999);
    }
  }

  @Test
  void generations_tooMany_areRefusedAndNoFurtherIsMade() throws Exception {
    SoftHsmToken soft = unused.next();
    try (Token token = FreshTokens.open(soft)) {
      for (int generation = 2; generation < 2 + Token.MAX_GENERATIONS; generation++) {
        assertThat(next(token, ISSUER.ofGeneration(generation))).isInstanceOf(Born.class);
      }
      assertThat(token.generations(ISSUER)).hasSize(Token.MAX_GENERATIONS);
      KeySpec oneMore = ISSUER.ofGeneration(100);
      assertThatThrownBy(() -> next(token, oneMore))
          .satisfies(e -> isFault(e, Fault.TOKEN_FULL))
          .hasMessageContaining("holds 64, the most");
      assertThat(token.generations(ISSUER)).doesNotContain(oneMore);
    }
    generate(soft, "EC:prime256v1", "writ-issuer-200", "77");
    try (Token token = FreshTokens.open(soft)) {
      assertThatThrownBy(() -> token.generations(ISSUER))
          .satisfies(e -> isFault(e, Fault.TOKEN_FULL))
          .hasMessageContaining("at most 64 keys of the role issuer, and holds 65");
    }
  }

  /** Keys that others made under a later generation's names. */
  @Test
  void key_madeCarelesslyUnderALaterName_isRefused() throws Exception {
    SoftHsmToken soft = unused.next();
    KeySpec extractable = ISSUER.ofGeneration(2);
    KeySpec otherCurve = ISSUER.ofGeneration(3);
    KeySpec twice = ISSUER.ofGeneration(4);
    generate(soft, "EC:prime256v1", extractable.label(), extractable.idHex(), "--extractable");
    generate(soft, "EC:secp384r1", otherCurve.label(), otherCurve.idHex());
    try (Token token = FreshTokens.open(soft)) {
      assertThat(next(token, twice)).isInstanceOf(Born.class);
    }
    generate(soft, "EC:prime256v1", twice.label(), "77");
    try (Token token = FreshTokens.open(soft)) {
      assertThat(token.generations(ISSUER)).containsExactly(extractable, otherCurve, twice);
      assertThatThrownBy(() -> token.key(extractable))
          .satisfies(e -> isFault(e, Fault.KEY_EXPOSED))
          .hasMessageContaining("CKA_EXTRACTABLE must be false, was true");
      assertThatThrownBy(() -> token.key(otherCurve))
          .satisfies(e -> isFault(e, Fault.KEY_EXPOSED))
          .hasMessageContaining("CKA_EC_PARAMS must be P-256, was another curve");
      assertThatThrownBy(() -> token.key(twice))
          .satisfies(e -> isFault(e, Fault.KEY_AMBIGUOUS))
          .hasMessageContaining("2 have the label, 1 the id");
    }
  }

  private static CeremonyOutcome next(Token token, KeySpec spec) throws HsmException {
    return KeyCeremony.next(token, spec, InstantSource.fixed(NOW), new SecureRandom());
  }

  private static void generate(
      SoftHsmToken soft, String type, String label, String id, String... more) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--keypairgen", "--key-type", type, "--label", label, "--id", id));
    arguments.addAll(List.of(more));
    FreshTokens.pkcs11Tool(soft, arguments.toArray(String[]::new));
  }

  private static void isFault(Throwable thrown, Fault fault) {
    assertThat(thrown)
        .isInstanceOfSatisfying(HsmException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }
}
