// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link KeyCertificationVerifier}: cases 78 to 81, and the steps it shares with quotes. */
class KeyCertificationVerifierTest {
  private final SoftwareAk ak = SoftwareAk.p256();

  @Test
  void certification_thatHolds_givesTheKey() throws Exception {
    TpmtPublic key = InstanceKey.publicArea();

    assertThat(verify(key, Statement.certification(key)))
        .isInstanceOfSatisfying(
            CertifiedKey.class,
            certified -> {
              assertThat(certified.name()).isEqualTo(key.name());
              assertThat(certified.publicArea()).isEqualTo(key);
              assertThat(certified.ak().name()).isEqualTo(ak.publicArea.name());
              assertThat(certified.publicKey().getW())
                  .isEqualTo(((PublicKeyArea.Ecc) key.key()).point());
            });
  }

  @Test
  void keyBoundToNoScheme_isAccepted() {
    TpmtPublic key =
        SoftwareAk.publicArea(
            TpmAlg.SHA256,
            InstanceKey.ATTRIBUTES,
            InstanceKey.area(TpmCurve.P256, SoftwareAk.noScheme()));

    assertThat(verify(key, Statement.certification(key))).isInstanceOf(CertifiedKey.class);
  }

  @Test
  void case09_magicWrong_isRefused() {
    TpmtPublic key = InstanceKey.publicArea();

    assertThat(reason(verify(key, Statement.certification(key).withMagic(0))))
        .isEqualTo("attest_magic_wrong");
  }

  @Test
  void case11_quoteOrCreationAsCertification_isRefused() {
    TpmtPublic key = InstanceKey.publicArea();

    for (AttestType type : EnumSet.complementOf(EnumSet.of(AttestType.CERTIFY))) {
      Statement statement = Statement.certification(key).withAttested(Attestations.of(type));
      assertThat(verify(key, statement))
          .isEqualTo(new AttestRefusal.TypeWrong(AttestType.CERTIFY, type));
    }
  }

  @Test
  void case78_certifiedByAnotherTpmsKey_isRefused() {
    TpmtPublic key = InstanceKey.publicArea();
    Statement statement = Statement.certification(key);

    KeyCertificationOutcome outcome =
        KeyCertificationVerifier.verify(
            key,
            statement.parsed(),
            SoftwareAk.p256().sign(statement.bytes()),
            ak.enrolled(),
            Statement.QUALIFYING_DATA);

    assertThat(reason(outcome)).isEqualTo("signature_invalid");
  }

  @Test
  void case79_qualifyingDataWrong_isRefused() {
    TpmtPublic key = InstanceKey.publicArea();
    Statement statement = Statement.certification(key).withExtraData(new byte[32]);

    assertThat(reason(verify(key, statement))).isEqualTo("qualifying_data_mismatch");
  }

  @Test
  void case80_nameOfAnotherPublicArea_isRefused() {
    TpmtPublic presented = InstanceKey.publicArea();
    TpmtPublic certified = InstanceKey.publicArea();

    KeyCertificationOutcome outcome = verify(presented, Statement.certification(certified));

    assertThat(outcome)
        .isEqualTo(new KeyCertificationOutcome.NameMismatch(certified.name(), presented.name()));
    assertThat(reason(outcome)).isEqualTo("key_name_mismatch");
  }

  @ParameterizedTest
  @CsvSource({
    "FIXED_TPM, key_exportable",
    "FIXED_PARENT, key_exportable",
    "SENSITIVE_DATA_ORIGIN, key_exportable",
    "SIGN, key_not_signing"
  })
  void case81_keyExportableOrNotSigning_isRefused(ObjectAttribute attribute, String reason) {
    Set<ObjectAttribute> attributes = EnumSet.copyOf(InstanceKey.ATTRIBUTES);
    attributes.remove(attribute);
    TpmtPublic key = InstanceKey.with(TpmAlg.SHA256, attributes);

    assertThat(reason(verify(key, Statement.certification(key)))).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "RESTRICTED, key_restricted",
    "DECRYPT, key_not_for_signing",
    "X509_SIGN, key_not_for_signing"
  })
  void keyRestrictedOrForOtherUse_isRefused(ObjectAttribute attribute, String reason) {
    Set<ObjectAttribute> attributes = EnumSet.copyOf(InstanceKey.ATTRIBUTES);
    attributes.add(attribute);
    TpmtPublic key = InstanceKey.with(TpmAlg.SHA256, attributes);

    assertThat(reason(verify(key, Statement.certification(key)))).isEqualTo(reason);
  }

  @Test
  void keyNameAlgSha1_isRefused() {
    TpmtPublic key = InstanceKey.with(TpmAlg.SHA1, InstanceKey.ATTRIBUTES);

    assertThat(reason(verify(key, Statement.certification(key)))).isEqualTo("key_name_alg_sha1");
  }

  @Test
  void keyThatEs256CannotUse_isRefused() {
    PublicKeyArea.Ecc good =
        (PublicKeyArea.Ecc) InstanceKey.area(TpmCurve.P256, SoftwareAk.noScheme());
    PublicKeyArea[] areas = {
      InstanceKey.area(TpmCurve.P384, SoftwareAk.scheme(TpmAlg.ECDSA, TpmAlg.SHA384)),
      InstanceKey.area(TpmCurve.P256, SoftwareAk.scheme(TpmAlg.ECDSA, TpmAlg.SHA384)),
      InstanceKey.area(TpmCurve.P256, SoftwareAk.scheme(TpmAlg.ECDH, TpmAlg.SHA256)),
      SoftwareAk.rsaArea(
          SoftwareEk.rsa().pair, Optional.empty(), SoftwareAk.scheme(TpmAlg.RSASSA, TpmAlg.SHA256)),
      new PublicKeyArea.Ecc(
          good.symmetric(), good.scheme(), good.curve(), good.kdf(), good.y(), good.x()),
    };
    for (PublicKeyArea area : areas) {
      TpmtPublic key = SoftwareAk.publicArea(TpmAlg.SHA256, InstanceKey.ATTRIBUTES, area);
      assertThat(reason(verify(key, Statement.certification(key)))).isEqualTo("key_not_p256");
    }
  }

  private KeyCertificationOutcome verify(TpmtPublic key, Statement statement) {
    return KeyCertificationVerifier.verify(
        new Evidence.KeyCertification(key, statement.parsed(), ak.sign(statement.bytes())),
        ak.enrolled(),
        Statement.QUALIFYING_DATA);
  }

  private static String reason(KeyCertificationOutcome outcome) {
    assertThat(outcome).isInstanceOf(KeyCertificationOutcome.Refused.class);
    KeyCertificationOutcome.Refused refused = (KeyCertificationOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }
}
