// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.writ.evidence.CredentialOutcome;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.MakeCredential;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Endorsement keys, their certificates, and credential activation (TPM 2.0 Library Part 1, 24). */
final class EndorsementTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final HexFormat HEX = HexFormat.of();

  @TempDir private static Path folder;
  private static Instant now;
  private static EndorsementAuthority authority;
  private static SwtpmHost host;
  private static Tpm tpm;

  @BeforeAll
  static void start() throws Exception {
    now = Instant.now();
    authority = EndorsementAuthority.create(now, RANDOM);
    host = SwtpmHost.manufacture(folder, authority);
    tpm = Tpm.open(host.tcti());
    byte[] certificate = authority.certify(p256EndorsementKey());
    tpm.close();
    // Padded to more than one TPM2_NV_Read gives, as some manufacturers do (case 36).
    Manufacturer.writeNv(
        host.tcti(),
        EndorsementKeyKind.ECC_P256_LOW.certificateIndex(),
        Arrays.copyOf(certificate, 1_800));
    // The upper certificate overflows into the second index, which is larger than what it holds,
    // and
    // the lower one is in the third; none of this is in the order of the path.
    byte[] chain = authority.issuing().getEncoded();
    Manufacturer.writeNv(host.tcti(), 0x01c00100, Arrays.copyOf(chain, 200));
    byte[] rest = Arrays.copyOfRange(chain, 200, chain.length + 50);
    Manufacturer.writeNv(host.tcti(), 0x01c00101, rest);
    Manufacturer.writeNv(host.tcti(), 0x01c001ff, authority.root().getEncoded());
    Manufacturer.writeNv(host.tcti(), 0x01c00200, new byte[] {1, 2, 3});
    tpm = Tpm.open(host.tcti());
  }

  private static PublicKey p256EndorsementKey() throws Exception {
    return TpmtPublic.parse(tpm.endorsementKey(EndorsementKeyKind.ECC_P256_LOW).publicArea())
        .toEcPublicKey();
  }

  @AfterAll
  static void stop() {
    tpm.close();
    host.close();
  }

  @ParameterizedTest
  @EnumSource(
      names = {"RSA_2048_LOW", "ECC_P256_LOW", "ECC_P384_HIGH"},
      value = EndorsementKeyKind.class)
  void certificate_fromNv_chainsToTheRootAndIsForTheKey(EndorsementKeyKind kind) throws Exception {
    byte[] certificate = tpm.endorsementCertificate(kind).orElseThrow();
    TpmtPublic key = TpmtPublic.parse(tpm.endorsementKey(kind).publicArea());
    EndorsementTrust trust =
        new EndorsementTrust(List.of(authority.root()), List.of(authority.issuing()), List.of());

    // swtpm_cert dates its certificates by the clock, a moment after this test began.
    EndorsementOutcome outcome =
        new EndorsementVerifier(trust).verify(certificate, key, now.plus(Duration.ofHours(1)));

    assertThat(outcome).isInstanceOf(TrustedEndorsement.class);
  }

  /** TCG EK Credential Profile 2.5, 2.2.1.5.2. */
  @ParameterizedTest
  @EnumSource(
      names = {"RSA_2048_LOW", "ECC_P256_LOW", "ECC_P384_HIGH"},
      value = EndorsementKeyKind.class)
  void chain_fromNv_hasTheIssuerThatTheVerifierDoesNotKnow(EndorsementKeyKind kind)
      throws Exception {
    byte[] certificate = tpm.endorsementCertificate(kind).orElseThrow();
    TpmtPublic key = TpmtPublic.parse(tpm.endorsementKey(kind).publicArea());
    EkChain chain = EkChain.parse(tpm.endorsementChain());
    EndorsementVerifier rootAlone =
        new EndorsementVerifier(
            new EndorsementTrust(List.of(authority.root()), List.of(), List.of()));
    Instant later = now.plus(Duration.ofHours(1));

    assertThat(chain.certificates()).hasSize(2);
    assertThat(rootAlone.verify(certificate, key, later))
        .isInstanceOf(EndorsementOutcome.IssuerUnknown.class);
    assertThat(rootAlone.verify(certificate, chain, key, later))
        .isInstanceOf(TrustedEndorsement.class);
  }

  @Test
  void chain_thatIsTooLong_isNotRead() throws Exception {
    Path other = Files.createDirectory(folder.resolve("long"));
    try (SwtpmHost large = SwtpmHost.manufacture(other, authority)) {
      try (Tpm without = Tpm.open(large.tcti())) {
        assertThat(without.endorsementChain()).isEmpty();
      }
      for (int i = 0; i < 7; i++) {
        Manufacturer.writeNv(large.tcti(), 0x01c00100 + i, new byte[1_800]);
      }
      try (Tpm with = Tpm.open(large.tcti())) {
        assertThat(catchThrowableOfType(TpmException.class, with::endorsementChain))
            .hasMessageContaining("0x01c00100 to 0x01c001ff")
            .hasMessageContaining("12288");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"RSA_2048_HIGH", "ECC_P256_HIGH"},
      value = EndorsementKeyKind.class)
  void certificate_notInNv_isNone(EndorsementKeyKind kind) throws Exception {
    assertThat(tpm.endorsementCertificate(kind)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(EndorsementKeyKind.class)
  void endorsementKey_madeTwice_isTheSame(EndorsementKeyKind kind) throws Exception {
    assertThat(tpm.endorsementKey(kind).publicArea())
        .isEqualTo(tpm.endorsementKey(kind).publicArea());
  }

  @ParameterizedTest
  @EnumSource(EndorsementKeyKind.class)
  void activation_ofCredentialForBothKeys_returnsTheSecret(EndorsementKeyKind kind)
      throws Exception {
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    TpmCredential credential = credential(kind, tpm.attestationKey().name(), secret);

    byte[] activated =
        tpm.activateCredential(kind, credential.tpm2bIdObject(), credential.tpm2bEncryptedSecret());

    assertThat(activated).isEqualTo(secret);
  }

  /** Case 26: TPM2_ActivateCredential checks the HMAC over the name (Part 3, section 12.5). */
  @ParameterizedTest
  @EnumSource(EndorsementKeyKind.class)
  void case26_activation_ofCredentialForAnotherName_isRefused(EndorsementKeyKind kind)
      throws Exception {
    byte[] otherName = tpm.attestationKey().name();
    otherName[otherName.length - 1] ^= 1;
    TpmCredential credential = credential(kind, otherName, new byte[32]);

    TpmException refusal =
        catchThrowableOfType(
            TpmException.class,
            () ->
                tpm.activateCredential(
                    kind, credential.tpm2bIdObject(), credential.tpm2bEncryptedSecret()));

    assertThat(refusal.layer()).isEqualTo(TpmException.Layer.TPM);
    assertThat(refusal.codeName()).isEqualTo("TPM_RC_INTEGRITY");
    assertThat(refusal)
        .hasMessageContaining("TPM2_ActivateCredential")
        .hasMessageContaining("make it again");
  }

  @Test
  void activation_ofTruncatedCredential_isRefusedBeforeTheTpm() throws Exception {
    TpmCredential credential =
        credential(EndorsementKeyKind.ECC_P256_LOW, tpm.attestationKey().name(), new byte[32]);
    byte[] whole = credential.tpm2bIdObject();

    TpmException refusal =
        catchThrowableOfType(
            TpmException.class,
            () ->
                tpm.activateCredential(
                    EndorsementKeyKind.ECC_P256_LOW,
                    Arrays.copyOf(whole, whole.length - 1),
                    credential.tpm2bEncryptedSecret()));

    assertThat(refusal.layer()).isEqualTo(TpmException.Layer.MU);
  }

  /** EK Credential Profile B.6.2, by the formula of TPM2_PolicySecret (Part 3, section 23.4). */
  @Test
  void policyA_isPolicySecretOfTheEndorsementHierarchy() throws Exception {
    assertThat(policyA("SHA-256", 32)).isEqualTo(EndorsementKeyKind.POLICY_A_SHA256);
  }

  /**
   * EK Credential Profile B.6.3 and B.6.4: PolicyC is TPM2_PolicyAuthorizeNV of the policy index
   * (Part 3, section 23.22), PolicyB is TPM2_PolicyOR of A and C (section 23.6).
   */
  @Test
  void policyB_isPolicyOrOfPolicyAAndTheAuthorizingIndex() throws Exception {
    assertThat(policyB("SHA-256", 32, Template.ALG_SHA256, 0x01c07f01))
        .isEqualTo(EndorsementKeyKind.POLICY_B_SHA256);
    assertThat(policyB("SHA-384", 48, Template.ALG_SHA384, 0x01c07f02))
        .isEqualTo(EndorsementKeyKind.POLICY_B_SHA384);
  }

  private static byte[] policyA(String hash, int length) throws Exception {
    byte[] first =
        digest(hash, new byte[length], HEX.parseHex("00000151"), HEX.parseHex("4000000b"));
    return digest(hash, first);
  }

  private static byte[] policyB(String hash, int length, int nameAlg, int index) throws Exception {
    byte[] a = policyA(hash, length);
    byte[] nvPublic =
        new Template.Wire()
            .u32(index)
            .u16(nameAlg)
            .u32(0x220f1008)
            .sized(a)
            .u16(2 + length)
            .bytes();
    byte[] nvName = new Template.Wire().u16(nameAlg).raw(digest(hash, nvPublic)).bytes();
    byte[] c = digest(hash, new byte[length], HEX.parseHex("00000192"), nvName);
    return digest(hash, new byte[length], HEX.parseHex("00000171"), a, c);
  }

  private static byte[] digest(String hash, byte[]... parts) throws Exception {
    MessageDigest digest = MessageDigest.getInstance(hash);
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  private static TpmCredential credential(EndorsementKeyKind kind, byte[] akName, byte[] secret)
      throws Exception {
    CredentialOutcome outcome =
        MakeCredential.make(
            TpmtPublic.parse(tpm.endorsementKey(kind).publicArea()),
            TpmName.parse(akName),
            secret,
            RANDOM);
    assertThat(outcome).isInstanceOf(TpmCredential.class);
    return (TpmCredential) outcome;
  }
}
