// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/signed-note, "Verifier keys" and "Signature types". */
class NoteKeyTest {
  private static final String EXAMPLE =
      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

  @Test
  void parse_exampleOfTheSpecification_isRead() throws Exception {
    NoteKey key = NoteKey.parse(EXAMPLE);
    assertThat(key.name()).isEqualTo("example.com/foo");
    assertThat(key.type()).isEqualTo(NoteKeyType.ED25519);
    assertThat(key.keyId()).isEqualTo(0x530d903a);
    assertThat(key.vkey()).isEqualTo(EXAMPLE);
    assertThat(key).isEqualTo(NoteKey.ofEd25519("example.com/foo", key.publicKey()));
  }

  @Test
  void ofP256_keyId_isOfTheKeyAloneAndNotTheName() throws Exception {
    ECPublicKey p256 = (ECPublicKey) TestKeys.p256().getPublic();
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(p256.getEncoded());
    NoteKey key = NoteKey.ofP256("log.example", p256);
    assertThat(key.keyId()).isEqualTo(ByteBuffer.wrap(digest).getInt());
    assertThat(key.keyId()).isEqualTo(NoteKey.ofP256("other.example", p256).keyId());
    assertThat(key.publicKey()).isEqualTo(p256.getEncoded());
    assertThat(NoteKey.parse(key.vkey())).isEqualTo(key);
    assertThat(key).isNotEqualTo(NoteKey.ofP256("other.example", p256));
  }

  @Test
  void ofCosigner_oneKeyOfTwoTypes_hasTwoIds() throws Exception {
    byte[] point = TestKeys.point(TestKeys.ed25519());
    NoteKey cosigner = NoteKey.ofCosigner("w.example", point);
    assertThat(cosigner.keyId()).isNotEqualTo(NoteKey.ofEd25519("w.example", point).keyId());
    assertThat(NoteKey.parse(cosigner.vkey())).isEqualTo(cosigner);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "a+b",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+AQ==",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        "example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
      })
  void parse_anyOtherText_isRefused(String vkey) {
    assertThatThrownBy(() -> NoteKey.parse(vkey))
        .isInstanceOf(MalformedNoteKeyException.class)
        .hasMessageMatching("verifier key: .+ must be .+, was .+");
  }

  @Test
  void parse_overlongText_isRefused() {
    assertThatThrownBy(() -> NoteKey.parse("a".repeat(2000) + EXAMPLE))
        .isInstanceOf(MalformedNoteKeyException.class);
  }

  /** FIPS 186-4: the point must be on P-256; another curve's SPKI is not one of type 0x02 here. */
  @Test
  void parse_ecKeyThatIsNotAPointOfP256_isRefused() {
    byte[] spki = TestKeys.p256().getPublic().getEncoded();
    spki[spki.length - 1] ^= 1;
    assertRefused(spki);
    assertRefused(TestKeys.ec("secp384r1").getPublic().getEncoded());
    assertRefused(new byte[91]);
  }

  @Test
  void parse_ed25519KeyOfSmallOrder_isRefused() {
    byte[] identity = new byte[32];
    identity[0] = 1;
    assertThatThrownBy(() -> NoteKey.parse(vkey("n", 1, identity, HexFormat.of().toHexDigits(0))))
        .isInstanceOf(MalformedNoteKeyException.class)
        .hasMessageContaining("canonical Ed25519 point not of small order");
    assertThatThrownBy(() -> NoteKey.ofEd25519("n", identity))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void of_nameThatIsNoKeyName_isRefused() {
    KeyPair pair = TestKeys.ed25519();
    for (String name :
        new String[] {"", "a b", "a+b", "a\nb", "a\u00a0b", "a\u0085b", "a\u2003b", "a\ud800b"}) {
      assertThatThrownBy(() -> KeyPairNoteSigner.of(name, pair))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a key name must be");
    }
  }

  private static void assertRefused(byte[] spki) {
    String id = HexFormat.of().formatHex(Hash.sha256(spki).bytes(), 0, 4);
    assertThatThrownBy(() -> NoteKey.parse(vkey("log.example", 2, spki, id)))
        .isInstanceOf(MalformedNoteKeyException.class)
        .hasMessageContaining("named P-256 curve");
  }

  private static String vkey(String name, int type, byte[] key, String id) {
    byte[] typed = ByteBuffer.allocate(1 + key.length).put((byte) type).put(key).array();
    return name + "+" + id + "+" + Base64.getEncoder().encodeToString(typed);
  }
}
