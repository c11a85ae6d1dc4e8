// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.AlreadyThere;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Making keys in SoftHSM, and refusing those that others made carelessly. */
class KeyCeremonyTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final KeyInventory INVENTORY = KeyInventory.standard();
  private static final KeySpec ISSUER = INVENTORY.spec(KeyRole.ISSUER);

  private static List<SoftHsmToken> made = List.of();
  private static Iterator<SoftHsmToken> unused = made.iterator();

  @BeforeAll
  static void makeTokens() throws Exception {
    made = FreshTokens.create("a", "b", "c", "d", "e", "f", "g", "h", "i");
    unused = made.iterator();
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken token : made) {
      token.close();
    }
  }

  @Test
  void init_emptyToken_makesEveryKeyThatCannotLeave() throws Exception {
    try (Token token = FreshTokens.open(unused.next())) {
      Born born = (Born) init(token);
      assertThat(born.keys()).isEqualTo(INVENTORY.specs()).hasSize(6);
      for (KeySpec spec : born.keys()) {
        assertThat(
                spec.algorithm() == KeyAlgorithm.P256
                    ? token.key(spec).attributes()
                    : token.ed25519Key(spec).attributes())
            .containsExactlyInAnyOrderEntriesOf(
                Map.of(
                    "CKA_TOKEN", true,
                    "CKA_PRIVATE", true,
                    "CKA_SENSITIVE", true,
                    "CKA_ALWAYS_SENSITIVE", true,
                    "CKA_EXTRACTABLE", false,
                    "CKA_NEVER_EXTRACTABLE", true,
                    "CKA_SIGN", true,
                    "CKA_DERIVE", false));
      }
    }
  }

  @Test
  void init_certificate_isSignedByItsKeyAndNeverExpires() throws Exception {
    try (Token token = FreshTokens.open(unused.next())) {
      HsmKey key = token.key(((Born) init(token)).keys().get(0));
      X509Certificate certificate = key.certificate();
      certificate.verify(key.publicKey());
      assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=writ-issuer");
      assertThat(certificate.getNotBefore().toInstant()).isEqualTo(NOW);
      assertThat(certificate.getNotAfter().toInstant())
          .isEqualTo(Instant.parse("9999-12-31T23:59:59Z"));
      assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
      assertThat(certificate.getSerialNumber()).isPositive();
    }
  }

  @Test
  void init_certificatesOfKeysThatCertify_areOfAuthoritiesOverEndEntities() throws Exception {
    try (Token token = FreshTokens.open(unused.next())) {
      for (KeySpec spec : ((Born) init(token)).keys()) {
        if (spec.algorithm() != KeyAlgorithm.P256) {
          continue;
        }
        HsmKey key = token.key(spec);
        boolean certifies = Set.of(KeyRole.TLS, KeyRole.ATTESTATION).contains(key.role());
        assertThat(key.certificate().getBasicConstraints())
            .as("%s", key)
            .isEqualTo(certifies ? 0 : -1);
        boolean[] usage = key.certificate().getKeyUsage();
        assertThat(usage[0]).as("digitalSignature of %s", key).isEqualTo(!certifies);
        assertThat(usage[5]).as("keyCertSign of %s", key).isEqualTo(certifies);
      }
    }
  }

  @Test
  void init_ed25519Key_signsTheMessageItself() throws Exception {
    try (Token token = FreshTokens.open(unused.next())) {
      assertThat(init(token)).isInstanceOf(Born.class);
      HsmEd25519Key key = token.ed25519Key(INVENTORY.spec(KeyRole.CHECKPOINT_ED25519));
      byte[] message = new byte[100_000];
      new SecureRandom().nextBytes(message);
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key.publicKey());
      verifier.update(message);
      assertThat(verifier.verify(key.sign(message))).isTrue();
      message[0] ^= 1;
      verifier.update(message);
      assertThat(verifier.verify(key.sign(new byte[1]))).isFalse();
      assertThat(key.point()).hasSize(32);
      assertThatThrownBy(() -> token.key(key.spec()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be one of P-256");
    }
  }

  /** A token from before checkpoints had a second signature. */
  @Test
  void add_whatIsMissing_leavesTheRestAsItIs() throws Exception {
    SoftHsmToken soft = unused.next();
    KeySpec ed25519 = INVENTORY.spec(KeyRole.CHECKPOINT_ED25519);
    try (Token token = FreshTokens.open(soft)) {
      assertThat(KeyCeremony.missing(token, INVENTORY)).isEqualTo(INVENTORY.specs());
      assertThat(init(token)).isInstanceOf(Born.class);
      assertThat(KeyCeremony.missing(token, INVENTORY)).isEmpty();
    }
    for (String type : List.of("privkey", "pubkey")) {
      FreshTokens.pkcs11Tool(soft, "--delete-object", "--type", type, "--id", ed25519.idHex());
    }
    try (Token token = FreshTokens.open(soft)) {
      HsmKey issuer = token.key(ISSUER);
      assertThat(KeyCeremony.missing(token, INVENTORY)).containsExactly(ed25519);
      assertThat(add(token, List.of(ISSUER))).isInstanceOf(AlreadyThere.class);
      assertThat(add(token, List.of(ed25519))).isEqualTo(new Born(List.of(ed25519)));
      assertThat(token.ed25519Key(ed25519).sign(new byte[1])).hasSize(64);
      assertThat(token.key(ISSUER).publicKey()).isEqualTo(issuer.publicKey());
    }
  }

  private static CeremonyOutcome add(Token token, List<KeySpec> specs) throws HsmException {
    return KeyCeremony.add(token, INVENTORY, specs, InstantSource.fixed(NOW), new SecureRandom());
  }

  /** A token from before status, TLS and attestation had keys. */
  @Test
  void init_tokenWithTwoKeysOnly_changesNothingAndNamesWhatIsMissing() throws Exception {
    SoftHsmToken soft = unused.next();
    for (KeyRole role : List.of(KeyRole.ISSUER, KeyRole.CHECKPOINT)) {
      KeySpec spec = INVENTORY.spec(role);
      FreshTokens.pkcs11Tool(
          soft,
          "--keypairgen",
          "--key-type",
          "EC:prime256v1",
          "--label",
          spec.label(),
          "--id",
          spec.idHex());
    }
    try (Token token = FreshTokens.open(soft)) {
      assertThat(init(token))
          .isEqualTo(
              new AlreadyThere(
                  List.of(ISSUER, INVENTORY.spec(KeyRole.CHECKPOINT)),
                  List.of(
                      INVENTORY.spec(KeyRole.CHECKPOINT_ED25519),
                      INVENTORY.spec(KeyRole.STATUS),
                      INVENTORY.spec(KeyRole.TLS),
                      INVENTORY.spec(KeyRole.ATTESTATION))));
      assertThatThrownBy(() -> token.key(INVENTORY.spec(KeyRole.STATUS)))
          .satisfies(e -> isFault(e, Fault.KEY_MISSING));
    }
  }

  @Test
  void init_again_changesNothingAndNamesWhatExists() throws Exception {
    try (Token token = FreshTokens.open(unused.next())) {
      HsmKey before = token.key(((Born) init(token)).keys().get(0));
      assertThat(init(token)).isEqualTo(new AlreadyThere(INVENTORY.specs(), List.of()));
      assertThat(token.key(ISSUER).publicKey()).isEqualTo(before.publicKey());
    }
  }

  @Test
  void key_extractable_isRefusedAndStandsInTheWayOfInit() throws Exception {
    SoftHsmToken soft = unused.next();
    FreshTokens.pkcs11Tool(
        soft,
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--extractable",
        "--label",
        ISSUER.label(),
        "--id",
        ISSUER.idHex());
    try (Token token = FreshTokens.open(soft)) {
      assertThatThrownBy(() -> token.key(ISSUER))
          .satisfies(e -> isFault(e, Fault.KEY_EXPOSED))
          .hasMessageContaining("CKA_EXTRACTABLE must be false, was true")
          .hasMessageContaining("CKA_NEVER_EXTRACTABLE must be true, was false");
      assertThat(init(token))
          .isEqualTo(
              new AlreadyThere(
                  List.of(ISSUER), INVENTORY.specs().subList(1, KeyRole.values().length)));
    }
  }

  /** Key stores would pair the certificate with whichever key of that id it meets first. */
  @Test
  void key_secondOneWithItsId_isRefused() throws Exception {
    SoftHsmToken soft = unused.next();
    try (Token token = FreshTokens.open(soft)) {
      assertThat(init(token)).isInstanceOf(Born.class);
    }
    FreshTokens.pkcs11Tool(
        soft,
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--label",
        "other",
        "--id",
        ISSUER.idHex());
    // SoftHSM looks at other processes' new objects when it next searches.
    try (Token token = FreshTokens.open(soft)) {
      assertThatThrownBy(() -> token.key(ISSUER))
          .satisfies(e -> isFault(e, Fault.KEY_AMBIGUOUS))
          .hasMessageContaining("1 have the label, 2 the id");
    }
  }

  private static CeremonyOutcome init(Token token) throws HsmException {
    return KeyCeremony.init(token, INVENTORY, InstantSource.fixed(NOW), new SecureRandom());
  }

  private static void isFault(Throwable thrown, Fault fault) {
    assertThat(thrown)
        .isInstanceOfSatisfying(HsmException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }
}
