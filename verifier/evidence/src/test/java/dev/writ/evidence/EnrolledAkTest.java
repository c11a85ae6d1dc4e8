// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which keys' statements are worth believing: cases 10, 16 and 18 to 24. */
class EnrolledAkTest {
  private static final PublicKeyArea P256 =
      InstanceKey.area(TpmCurve.P256, SoftwareAk.scheme(TpmAlg.ECDSA, TpmAlg.SHA256));

  @ParameterizedTest
  @CsvSource({
    "FIXED_TPM, ak_not_fixed_tpm", // 18
    "RESTRICTED, ak_not_restricted", // 10 and 19: TPM2_Sign signs anything with such a key
    "SENSITIVE_DATA_ORIGIN, ak_imported", // 21
    "FIXED_PARENT, ak_not_fixed_parent", // 22
    "SIGN, ak_not_signing"
  })
  void case10and18to22_attributeClear_isRefused(ObjectAttribute attribute, String reason) {
    Set<ObjectAttribute> attributes = EnumSet.copyOf(SoftwareAk.AK_ATTRIBUTES);
    attributes.remove(attribute);

    AkOutcome outcome = EnrolledAk.of(SoftwareAk.publicArea(TpmAlg.SHA256, attributes, P256));

    assertThat(outcome).isEqualTo(new AkOutcome.AttributeMissing(attribute));
    assertThat(reason(outcome)).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource({"DECRYPT, ak_decrypts", "X509_SIGN, ak_x509_sign"})
  void case20_attributeSet_isRefused(ObjectAttribute attribute, String reason) {
    Set<ObjectAttribute> attributes = EnumSet.copyOf(SoftwareAk.AK_ATTRIBUTES);
    attributes.add(attribute);

    AkOutcome outcome = EnrolledAk.of(SoftwareAk.publicArea(TpmAlg.SHA256, attributes, P256));

    assertThat(reason(outcome)).isEqualTo(reason);
  }

  @Test
  void case23_name_isComputedFromTheBytesReceived() throws Exception {
    // The same key, its first coordinate with and without a leading zero: two public areas, two
    // names, as the TPM that holds one of them would compute it.
    TpmtPublic area;
    do {
      area = SoftwareAk.p256().publicArea;
    } while (((PublicKeyArea.Ecc) area.key()).x().bytes()[0] != 0);
    PublicKeyArea.Ecc ecc = (PublicKeyArea.Ecc) area.key();
    PublicKeyArea.Ecc shorter =
        new PublicKeyArea.Ecc(
            ecc.symmetric(),
            ecc.scheme(),
            ecc.curve(),
            ecc.kdf(),
            Octets.copyOfRange(ecc.x().bytes(), 1, 32),
            ecc.y());
    TpmtPublic other = SoftwareAk.publicArea(TpmAlg.SHA256, SoftwareAk.AK_ATTRIBUTES, shorter);

    assertThat(((EnrolledAk) EnrolledAk.of(other.bytes())).name().bytes())
        .startsWith(0x00, 0x0b)
        .endsWith(TpmAlg.SHA256.newDigest().digest(other.bytes()));
    assertThat(other.name()).isNotEqualTo(area.name());
    assertThat(other.toEcPublicKey()).isEqualTo(area.toEcPublicKey());
  }

  @Test
  void case24_nameAlgSha1_isRefused() {
    AkOutcome outcome =
        EnrolledAk.of(SoftwareAk.publicArea(TpmAlg.SHA1, SoftwareAk.AK_ATTRIBUTES, P256));

    assertThat(reason(outcome)).isEqualTo("ak_name_alg_sha1");
  }

  @Test
  void case12_schemeWithSha1_isRefused() {
    PublicKeyArea area =
        InstanceKey.area(TpmCurve.P256, SoftwareAk.scheme(TpmAlg.ECDSA, TpmAlg.SHA1));

    assertThat(reason(outcome(area))).isEqualTo("ak_scheme_sha1");
  }

  @Test
  void schemeThatDoesNotSign_isRefused() {
    PublicKeyArea none = InstanceKey.area(TpmCurve.P256, SoftwareAk.noScheme());
    PublicKeyArea ecdh =
        InstanceKey.area(TpmCurve.P256, SoftwareAk.scheme(TpmAlg.ECDH, TpmAlg.SHA256));

    assertThat(reason(outcome(none))).isEqualTo("ak_scheme_unsupported");
    assertThat(reason(outcome(ecdh))).isEqualTo("ak_scheme_unsupported");
  }

  @Test
  void case16_curveNotAccepted_isRefused() {
    PublicKeyArea p521 =
        InstanceKey.area(TpmCurve.P521, SoftwareAk.scheme(TpmAlg.ECDSA, TpmAlg.SHA512));

    assertThat(reason(outcome(p521))).isEqualTo("ak_curve_unsupported");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0000, 0x0001, 0x0002, 0x0010, 0x0020, 0xffff})
  void case16_curveThatIsNotRead_isMalformed(int id) {
    byte[] bytes = SoftwareAk.p256().publicArea.bytes();
    int curveAt = bytes.length - 2 * 34 - 2 - 2;
    bytes[curveAt] = (byte) (id >>> 8);
    bytes[curveAt + 1] = (byte) id;

    assertThatThrownBy(() -> EnrolledAk.of(bytes))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("curveID");
  }

  @Test
  void case16_pointOfAnotherCurveOrNone_isRefused() {
    PublicKeyArea.Ecc good = (PublicKeyArea.Ecc) P256;
    Octets one = Octets.fromHex("00".repeat(31) + "01");
    Octets p = Octets.fromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    PublicKeyArea.Ecc[] bad = {
      with(good, good.y(), good.x()),
      with(good, one, one),
      with(good, p, good.y()), // not in the field
      with(good, Octets.fromHex("00"), Octets.fromHex("00")), // infinity has no coordinates
    };
    for (PublicKeyArea.Ecc area : bad) {
      assertThat(reason(outcome(area))).isEqualTo("ak_key_invalid");
    }
  }

  private static PublicKeyArea.Ecc with(PublicKeyArea.Ecc area, Octets x, Octets y) {
    return new PublicKeyArea.Ecc(area.symmetric(), area.scheme(), area.curve(), area.kdf(), x, y);
  }

  @Test
  void case16_rsaBelow2048Bits_isRefused() {
    KeyPair pair = SoftwareAk.generateRsa(1024);
    PublicKeyArea area =
        SoftwareAk.rsaArea(pair, Optional.empty(), SoftwareAk.scheme(TpmAlg.RSASSA, TpmAlg.SHA256));

    assertThat(reason(outcome(area))).isEqualTo("ak_key_too_short");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 4, 65536, 0xfffffffeL})
  void case16_rsaExponentOneOrEven_isRefused(long exponent) {
    PublicKeyArea.Rsa good = (PublicKeyArea.Rsa) SoftwareAk.rsa(TpmAlg.RSASSA).publicArea.key();

    AkOutcome outcome = outcome(with(good, exponent, good.modulus()));

    assertThat(reason(outcome)).isEqualTo("ak_key_invalid");
  }

  @Test
  void case16_rsaModulusEvenOrShorterThanKeyBits_isRefused() {
    PublicKeyArea.Rsa good = (PublicKeyArea.Rsa) SoftwareAk.rsa(TpmAlg.RSASSA).publicArea.key();
    byte[] even = good.modulus().bytes();
    even[255] &= (byte) 0xfe;
    byte[] shorter = good.modulus().bytes();
    shorter[0] = 0;

    assertThat(reason(outcome(with(good, 0, Octets.of(even))))).isEqualTo("ak_key_invalid");
    assertThat(reason(outcome(with(good, 0, Octets.of(shorter))))).isEqualTo("ak_key_invalid");
  }

  private static PublicKeyArea.Rsa with(PublicKeyArea.Rsa area, long exponent, Octets modulus) {
    return new PublicKeyArea.Rsa(
        area.symmetric(), area.scheme(), area.keyBits(), exponent, modulus);
  }

  private static AkOutcome outcome(PublicKeyArea area) {
    return EnrolledAk.of(SoftwareAk.publicArea(TpmAlg.SHA256, SoftwareAk.AK_ATTRIBUTES, area));
  }

  private static String reason(AkOutcome outcome) {
    assertThat(outcome).isInstanceOf(AkOutcome.Refused.class);
    AkOutcome.Refused refused = (AkOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }
}
