// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.spec.ECPrivateKeySpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link MakeCredential} against an activation written apart from it, and KDFs against vectors. */
class MakeCredentialTest {
  private static final TpmName AK = SoftwareAk.p256().publicArea.name();
  private static final byte[] SECRET =
      "a secret of thirty-two bytes: ..".getBytes(StandardCharsets.US_ASCII);

  static Stream<SoftwareEk> endorsementKeys() {
    return Stream.of(
        SoftwareEk.rsa(), SoftwareEk.ecc(TpmCurve.P256), SoftwareEk.ecc(TpmCurve.P384));
  }

  @ParameterizedTest
  @MethodSource("endorsementKeys")
  void credential_activatedByItsTpm_givesTheSecret(SoftwareEk ek) throws Exception {
    for (int length : new int[] {1, 13, 14, 16, 32}) {
      byte[] secret = Arrays.copyOf(SECRET, length);
      TpmCredential credential = credential(ek, secret);

      assertThat(ek.activate(AK.bytes(), credential)).contains(secret);
    }
  }

  @Test
  void credential_forAKeyWithLeadingZeroInItsCoordinate_givesTheSecret() throws Exception {
    SoftwareEk ek;
    do {
      ek = SoftwareEk.ecc(TpmCurve.P256);
    } while (((PublicKeyArea.Ecc) ek.publicArea.key()).x().bytes()[0] != 0);

    assertThat(ek.activate(AK.bytes(), credential(ek, SECRET))).contains(SECRET);
  }

  @ParameterizedTest
  @MethodSource("endorsementKeys")
  void case26_credentialMadeForAnotherName_isNotActivated(SoftwareEk ek) throws Exception {
    TpmName other = SoftwareAk.p256().publicArea.name();

    assertThat(ek.activate(other.bytes(), credential(ek, SECRET))).isEmpty();
  }

  @Test
  void credentials_ofOneSecret_shareNothing() {
    SoftwareEk ek = SoftwareEk.ecc(TpmCurve.P256);
    TpmCredential first = credential(ek, SECRET);
    TpmCredential second = credential(ek, SECRET);

    assertThat(first.encryptedSecret()).isNotEqualTo(second.encryptedSecret());
    assertThat(first.idObject()).isNotEqualTo(second.idObject());
  }

  @Test
  void credential_inTpm2b_isWhatItsEncodingConcatenates() throws Exception {
    TpmCredential credential = credential(SoftwareEk.rsa(), SECRET);

    assertThat(TpmCredential.parse(credential.encode())).isEqualTo(credential);
    assertThat(credential.encode())
        .startsWith(credential.tpm2bIdObject())
        .endsWith(credential.tpm2bEncryptedSecret());
    assertThat(credential.encryptedSecret().length()).isEqualTo(256);
    assertThat(credential.idObject().length()).isEqualTo(2 + 32 + 2 + 32);
  }

  @Test
  void secret_emptyOrLongerThanTheDigest_isACallersMistake() {
    SoftwareEk ek = SoftwareEk.ecc(TpmCurve.P256);
    for (int length : new int[] {0, 33}) {
      assertThatThrownBy(() -> credential(ek, new byte[length]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FIXED_TPM", "FIXED_PARENT", "RESTRICTED", "DECRYPT"})
  void keyWithoutAnEndorsementKeysAttribute_isRefused(ObjectAttribute attribute) {
    Set<ObjectAttribute> attributes = EnumSet.copyOf(SoftwareEk.EK_ATTRIBUTES);
    attributes.remove(attribute);
    PublicKeyArea area = SoftwareEk.ecc(TpmCurve.P256).publicArea.key();

    assertThat(make(SoftwareAk.publicArea(TpmAlg.SHA256, attributes, area)))
        .isEqualTo(new CredentialOutcome.EkAttributeMissing(attribute));
  }

  @Test
  void keyOfOtherKindHashOrCipher_isRefused() {
    PublicKeyArea p256 = SoftwareEk.ecc(TpmCurve.P256).publicArea.key();
    PublicKeyArea.Ecc ecc = (PublicKeyArea.Ecc) p256;
    PublicKeyArea offCurve =
        new PublicKeyArea.Ecc(
            ecc.symmetric(), ecc.scheme(), ecc.curve(), ecc.kdf(), ecc.y(), ecc.x());
    PublicKeyArea noCipher = InstanceKey.area(TpmCurve.P256, SoftwareAk.noScheme());
    PublicKeyArea rsa1024 =
        SoftwareAk.rsaArea(
            SoftwareAk.generateRsa(1024), SoftwareEk.aes(128), SoftwareAk.noScheme());

    assertThat(reason(TpmAlg.SHA1, p256)).isEqualTo("ek_name_alg_sha1");
    assertThat(reason(TpmAlg.SHA256, noCipher)).isEqualTo("ek_without_cipher");
    assertThat(reason(TpmAlg.SHA256, rsa1024)).isEqualTo("ek_kind_unsupported");
    assertThat(reason(TpmAlg.SHA512, SoftwareEk.ecc(TpmCurve.P521).publicArea.key()))
        .isEqualTo("ek_kind_unsupported");
    assertThat(reason(TpmAlg.SHA256, offCurve)).isEqualTo("ek_invalid");
  }

  /**
   * SP 800-108 with HMAC-SHA-256 under the TPM's labels; expected values from an implementation in
   * Go, apart from this one.
   */
  @Test
  void kdfa_ofKnownInput_givesKnownKey() {
    byte[] key = filled(32, 0x0b);
    byte[] contextU = filled(16, 0x01);
    byte[] contextV = filled(16, 0x02);

    assertThat(hex(TpmKdf.kdfa(TpmAlg.SHA256, key, "ATH", contextU, contextV, 256)))
        .isEqualTo("63591fea5c8a26cee98e509a3cd1ba3b4e3c079f7014fc56e5805175d15e292b");
    assertThat(hex(TpmKdf.kdfa(TpmAlg.SHA256, key, "CFB", contextU, contextV, 128)))
        .isEqualTo("102d8c3954fd6f1e1decad8fa4cc2180");
  }

  /** chrisfenner/tpm-test-vectors, vectors/kdfe.json: 06, 35 and 38; the last two take two blocks. */
  @Test
  void kdfe_ofKnownInput_givesKnownKey() {
    assertThat(
            kdfe(
                TpmAlg.SHA1,
                "9b050039c8e5ca60deeb978f2faf573c94af61",
                "IDENTITY",
                "ff1a1852db7b60a5c963f17eb306f3a905d100ae",
                "0047ee45771a256d58b091b6d6",
                32))
        .isEqualTo("94c3c160");
    assertThat(
            kdfe(
                TpmAlg.SHA256,
                "8995a6318a0217c7c7bf543f50da29016c4ff2a1ea5daf54ebcb00",
                "INTEGRITY",
                "8852f14d8e9b68",
                "74ff",
                336))
        .isEqualTo(
            "92343ef558feb95fd14838f9ca39c8618598a7eeb31af7fc276030b8c3ff326d4870f190e54abbec9da4");
    assertThat(
            kdfe(
                TpmAlg.SHA256,
                "00",
                "OBFUSCATE",
                "ebcb3cd4a002941ed496ef1d32a70b0b7f6f05b8a51803d5a9ff9b",
                "a1f79a7ee2beee21e2bfaee67769874687bfe21b2468fc8e721b6e967e12ff",
                496))
        .isEqualTo(
            "dcd14d72e0d5d8ec15b5ea15ae060e02f0e042f3af7efbd73650bb4457d73b060ef8f78bdf8cea099fe98fad"
                + "6359bcfe92c1c6be8a157c1064c85ada3ad2");
  }

  /**
   * chrisfenner/tpm-test-vectors, vectors/ecc_labeled_encaps.json, 12_P256_SHA256_256_restricted:
   * a seed that a TPM accepted in TPM2_ActivateCredential.
   */
  @Test
  void eccSeed_ofKnownEphemeralKey_isTheOneATpmAccepted() throws Exception {
    TpmtPublic ek =
        TpmtPublic.parse(
            Octets.fromHex(
                    "0023000b0003046000000006010000430010000300100020fe4cf1f3e8f583c19e1af6190a7c2075"
                        + "1658914a93cd77efb871cb1557377560002007b6b7c55bea1d17b1a9d96f367cf315b2942d"
                        + "517fd8642e9d9157036831c4d5")
                .bytes());
    BigInteger ephemeral =
        new BigInteger("9efafbaf83563f8ac5a27815eae1017ca78c92f9cde976b1a2e0ad95b8a19bc1", 16);
    KeyAgreement ecdh = KeyAgreement.getInstance("ECDH");
    ecdh.init(
        KeyFactory.getInstance("EC")
            .generatePrivate(new ECPrivateKeySpec(ephemeral, TpmCurve.P256.parameters())));
    ecdh.doPhase(ek.toEcPublicKey(), true);

    byte[] seed =
        TpmKdf.kdfe(
            TpmAlg.SHA256,
            ecdh.generateSecret(),
            "IDENTITY",
            Octets.fromHex("17ca41bd94c7f12436cf135ff1852408ef6a1ee1989e4e6250ef73c348dd6fa9")
                .bytes(),
            ((PublicKeyArea.Ecc) ek.key()).x().bytes(),
            256);

    assertThat(hex(seed))
        .isEqualTo("2a03ff2b874e44d36a567e67a0bf08227b9e65a0e9ca5215d4a9e573c23159a1");
  }

  private static String kdfe(
      TpmAlg hash, String z, String label, String partyU, String partyV, int bits) {
    return hex(
        TpmKdf.kdfe(
            hash,
            Octets.fromHex(z).bytes(),
            label,
            Octets.fromHex(partyU).bytes(),
            Octets.fromHex(partyV).bytes(),
            bits));
  }

  private static String hex(byte[] bytes) {
    return Octets.of(bytes).hex();
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static CredentialOutcome make(TpmtPublic ek) {
    return MakeCredential.make(ek, AK, SECRET, new SecureRandom());
  }

  private static TpmCredential credential(SoftwareEk ek, byte[] secret) {
    return (TpmCredential) MakeCredential.make(ek.publicArea, AK, secret, new SecureRandom());
  }

  private static String reason(TpmAlg nameAlg, PublicKeyArea area) {
    CredentialOutcome outcome =
        make(SoftwareAk.publicArea(nameAlg, SoftwareEk.EK_ATTRIBUTES, area));
    assertThat(outcome).isInstanceOf(CredentialOutcome.Refused.class);
    CredentialOutcome.Refused refused = (CredentialOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }
}
