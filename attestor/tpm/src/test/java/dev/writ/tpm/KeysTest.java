// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.CertifiedKey;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.KeyCertificationOutcome;
import dev.writ.evidence.KeyCertificationVerifier;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TpmtSignature;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The attestation key and the instance keys: their attributes, their life, what they refuse. */
final class KeysTest {
  private static final byte[] QUALIFYING = "qualifying".getBytes(StandardCharsets.US_ASCII);
  private static EndorsementAuthority authority;
  private static SwtpmHost made;

  @TempDir private Path folder;
  private SwtpmHost host;
  private Tpm tpm;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    made = SwtpmHost.manufacture(factory, authority);
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(Files.createDirectory(folder.resolve("a")));
    tpm = Tpm.open(host.tcti());
  }

  @AfterEach
  void stop() {
    tpm.close();
    host.close();
  }

  @Test
  void attestationKey_isOneThatTheVerifierBelieves() throws Exception {
    AkOutcome outcome = EnrolledAk.of(tpm.attestationKey().publicArea());

    assertThat(outcome).isInstanceOf(EnrolledAk.class);
    assertThat(((EnrolledAk) outcome).name().bytes()).isEqualTo(tpm.attestationKey().name());
  }

  @Test
  void attestationKey_afterRebootAndReopening_isTheSame() throws Exception {
    byte[] before = tpm.attestationKey().publicArea();
    tpm.close();
    host.reboot();
    tpm = Tpm.open(host.tcti());

    assertThat(tpm.attestationKey().publicArea()).isEqualTo(before);
  }

  @Test
  void attestationKey_whereAnotherKeyHasItsHandle_isRefusedWithWhatToDo() throws Exception {
    tpm.close();
    TpmContext context = TpmContext.open(host.tcti());
    try (Frame frame = new Frame()) {
      Commands commands = new Commands(context);
      Commands.Loaded other =
          commands.createPrimary(
              frame, Esapi.ESYS_TR_RH_ENDORSEMENT, EndorsementKeyKind.ECC_P256_LOW.template());
      assertThat(commands.persist(other.handle(), Tpm.ATTESTATION_KEY_HANDLE)).isNotZero();
    } finally {
      context.close();
    }
    tpm = Tpm.open(host.tcti());

    assertThatThrownBy(tpm::attestationKey)
        .isInstanceOf(TpmException.class)
        .hasMessageContaining("0x81015752")
        .hasMessageContaining("tpm2_evictcontrol");
  }

  @Test
  void instanceKey_signsWhatItsPublicKeyVerifies() throws Exception {
    byte[] message = "message".getBytes(StandardCharsets.US_ASCII);
    try (InstanceKey key = tpm.loadInstanceKey(tpm.createInstanceKey())) {
      Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
      verifier.initVerify(TpmtPublic.parse(key.publicArea()).toEcPublicKey());
      // Often enough that r or s starts with a zero byte, which a TPM may leave out.
      for (int i = 0; i < 300; i++) {
        verifier.update(message);
        assertThat(
                verifier.verify(
                    key.signP1363(MessageDigest.getInstance("SHA-256").digest(message))))
            .isTrue();
      }
    }
  }

  @Test
  void instanceKey_certified_isAcceptedByTheVerifier() throws Exception {
    try (InstanceKey key = tpm.loadInstanceKey(tpm.createInstanceKey())) {
      SignedAttest certification = key.certify(QUALIFYING);

      KeyCertificationOutcome outcome =
          KeyCertificationVerifier.verify(
              TpmtPublic.parse(key.publicArea()),
              TpmsAttest.parse(certification.attest()),
              TpmtSignature.parse(certification.signature()),
              (EnrolledAk) EnrolledAk.of(tpm.attestationKey().publicArea()),
              QUALIFYING);

      assertThat(outcome).isInstanceOf(CertifiedKey.class);
    }
  }

  @Test
  void instanceKey_fromItsFileAfterReboot_isTheSame() throws Exception {
    WrappedKey wrapped = tpm.createInstanceKey();
    byte[] file = wrapped.encode();
    tpm.close();
    host.reboot();
    tpm = Tpm.open(host.tcti());

    try (InstanceKey key = tpm.loadInstanceKey(WrappedKey.parse(file))) {
      assertThat(key.publicArea()).isEqualTo(wrapped.publicArea());
    }
  }

  @Test
  void instanceKeys_madeTwice_differ() throws Exception {
    assertThat(tpm.createInstanceKey().publicArea())
        .isNotEqualTo(tpm.createInstanceKey().publicArea());
  }

  @Test
  void instanceKey_ofAnotherTpm_isRefusedAsNotItsOwn() throws Exception {
    WrappedKey foreign;
    try (SwtpmHost other =
            SwtpmHost.manufacture(Files.createDirectory(folder.resolve("b")), authority);
        Tpm otherTpm = Tpm.open(other.tcti())) {
      foreign = otherTpm.createInstanceKey();
    }

    TpmException refusal =
        catchThrowableOfType(TpmException.class, () -> tpm.loadInstanceKey(foreign).close());

    assertThat(refusal.codeName()).isEqualTo("TPM_RC_INTEGRITY");
  }

  @Test
  void wrappedKey_ofAnyTruncation_isRefused() throws Exception {
    byte[] file = tpm.createInstanceKey().encode();
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> WrappedKey.parse(cut)).isInstanceOf(TpmException.class);
    }
    byte[] longer = Arrays.copyOf(file, file.length + 1);
    assertThatThrownBy(() -> WrappedKey.parse(longer)).isInstanceOf(TpmException.class);
  }

  /** A key file may hold anything: it comes out as it went in, or it is refused. */
  @Test
  void wrappedKey_ofNoise_isExactOrRefused() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(12)];
      for (int at = 0; at < noise.length; at++) {
        noise[at] = (byte) random.nextInt(random.nextBoolean() ? 4 : 256);
      }
      try {
        assertThat(WrappedKey.parse(noise).encode()).isEqualTo(noise);
      } catch (TpmException refused) {
        assertThat(refused.layer()).isEqualTo(TpmException.Layer.CONTENT);
      }
    }
  }

  @Test
  void instanceKey_afterClose_isABugOfTheCaller() throws Exception {
    InstanceKey key = tpm.loadInstanceKey(tpm.createInstanceKey());
    key.close();
    key.close();

    assertThatThrownBy(() -> key.signP1363(new byte[32])).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void close_withLoadedKeys_freesTheirSlots() throws Exception {
    for (int i = 0; i < 10; i++) {
      // Never closed by itself: three such keys fill swtpm.
      InstanceKey unused = tpm.loadInstanceKey(tpm.createInstanceKey());
      assertThat(unused.name()).hasSize(34);
      tpm.close();
      tpm = Tpm.open(host.tcti());
    }
  }
}
