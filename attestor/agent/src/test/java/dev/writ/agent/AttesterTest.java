// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Act;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.HostState;
import dev.writ.artifact.Possession;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmName;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import dev.writ.tpm.WrappedKey;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Attester against the real verifier, on a real simulator. */
final class AttesterTest {
  private static final int EXTENSIONS = 8;

  private static final PcrSelection SELECTION =
      PcrSelection.of(TpmAlg.SHA256, IntStream.range(0, 16).toArray());
  private static final ExecutionRequest REQUEST =
      new ExecutionRequest(
          "https://writ.example",
          List.of("gateway.example"),
          "tenant",
          "spiffe://example.org/workload",
          new Act("read", "data", Hash.sha256(new byte[0]), Map.of(), Act.UNCOUNTED),
          Optional.empty(),
          Hash.sha256(new byte[0]));

  private static EndorsementAuthority authority;
  private static SwtpmHost made;

  @TempDir private Path folder;
  private SwtpmHost host;
  private Tpm tpm;
  private VerifyingService service;
  private Attester attester;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    made = SwtpmHost.manufacture(factory, authority);
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(Files.createDirectory(folder.resolve("tpm")));
    service = new VerifyingService(authority, SELECTION);
    open();
  }

  private void open() throws Exception {
    tpm = Tpm.open(host.tcti());
    attester = Attester.open(tpm, keyFile(), service, new SecureRandom());
  }

  @AfterEach
  void stop() {
    attester.close();
    tpm.close();
    host.close();
  }

  @Test
  void enrol_byTheFirstKeyWithACertificate_isGranted() throws Exception {
    assertThat(akName(attester.enrol("host-a"))).isEqualTo(attester.attestationKeyName());
    assertThat(service.lastEnrolment().host()).isEqualTo("host-a");
  }

  @Test
  void enrol_byTheRsaKey_isGranted() throws Exception {
    assertThat(akName(attester.enrol("host-a", EndorsementKeyKind.RSA_2048_LOW, Optional.empty())))
        .isEqualTo(attester.attestationKeyName());
  }

  @Test
  void enrol_byAKeyWithoutCertificate_saysWhereNoneWasFound() {
    assertThatThrownBy(
            () -> attester.enrol("host-a", EndorsementKeyKind.ECC_P256_LOW, Optional.empty()))
        .isInstanceOf(AttestationFailedException.class)
        .hasMessageContaining("0x01c0000a");
  }

  @Test
  void enrol_ofATpmByAnotherManufacturer_isDenied() throws Exception {
    EndorsementAuthority other = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    try (Attester stranger =
        Attester.open(tpm, keyFile(), new VerifyingService(other, SELECTION), new SecureRandom())) {
      assertThat(stranger.enrol("host-a"))
          .isEqualTo(new Answer.Denied<>(DenialCode.ENVIRONMENT_UNTRUSTED, "endorsement"));
    }
  }

  /** Case 26. */
  @Test
  void case26_enrol_withCredentialForAnotherName_endsAtTheTpm() {
    service.makeCredentialsForAnotherName();

    assertThatThrownBy(() -> attester.enrol("host-a"))
        .isInstanceOfSatisfying(
            TpmException.class, e -> assertThat(e.codeName()).isEqualTo("TPM_RC_INTEGRITY"));
  }

  /** TCG EK Credential Profile 2.5, 2.2.1.5.2: an intermediate that only the TPM knows. */
  @Test
  void enrol_withAChainInNv_presentsIt() throws Exception {
    service.forgetIntermediates();
    assertThat(attester.enrol("host-a"))
        .isEqualTo(new Answer.Denied<>(DenialCode.ENVIRONMENT_UNTRUSTED, "endorsement"));
    byte[] issuing = authority.issuing().getEncoded();
    attester.close();
    tpm.close();
    host.writeNv(0x01c00100, Arrays.copyOf(issuing, 300));
    host.writeNv(0x01c00101, Arrays.copyOfRange(issuing, 300, issuing.length + 20));
    open();

    assertThat(attester.enrol("host-a")).isInstanceOf(Answer.Granted.class);
    assertThat(service.lastEnrolment().endorsementChain().certificates())
        .containsExactly(Octets.of(issuing));
  }

  /** It vouches for nothing, so that a host with none that can be read is as one that has none. */
  @Test
  void enrol_withSomethingElseWhereAChainWouldBe_presentsNone() throws Exception {
    attester.close();
    tpm.close();
    host.writeNv(0x01c00100, new byte[] {1, 2, 3});
    open();

    assertThat(attester.enrol("host-a")).isInstanceOf(Answer.Granted.class);
    assertThat(service.lastEnrolment().endorsementChain()).isEqualTo(EkChain.NONE);
  }

  @Test
  void enrol_whereAnotherKeyIsCertified_isRefusedByTheHost() {
    service.certifyAnotherKey();

    assertThatThrownBy(() -> attester.enrol("host-a"))
        .isInstanceOf(AttestationFailedException.class)
        .hasMessageContaining("certified another");
  }

  @Test
  void attest_beforeEnrolment_passesTheDenialOn() throws Exception {
    assertThat(attester.attest(REQUEST))
        .isEqualTo(new Answer.Denied<>(DenialCode.ENVIRONMENT_UNTRUSTED, "not enrolled"));
  }

  @Test
  void attest_bindsRequestChallengeAndInstanceKey() throws Exception {
    enrol();

    assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Granted.class);
  }

  @Test
  void attest_whilePcrsAreExtended_readsAndQuotesUntilTheyAgree() throws Exception {
    enrol();
    AtomicBoolean stop = new AtomicBoolean();
    // Fewer for each attestation than it has rounds: whoever is how fast, it comes to an end.
    Semaphore extensions = new Semaphore(0);
    Thread measuring =
        new Thread(
            () -> {
              while (!stop.get()) {
                extensions.acquireUninterruptibly();
                extend(10);
              }
            });
    measuring.start();
    try {
      for (int i = 0; i < 50; i++) {
        int unused = extensions.drainPermits();
        extensions.release(EXTENSIONS);
        assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Granted.class);
      }
    } finally {
      stop.set(true);
      extensions.release();
      measuring.join();
    }
  }

  @Test
  void attest_forABankThatIsNotActive_saysWhatToDo() throws Exception {
    service = new VerifyingService(authority, PcrSelection.of(TpmAlg.SHA384, 0, 1));
    attester.close();
    attester = Attester.open(tpm, keyFile(), service, new SecureRandom());
    enrol();

    assertThatThrownBy(() -> attester.attest(REQUEST))
        .isInstanceOf(AttestationFailedException.class)
        .hasMessageContaining("sha384:0,1")
        .hasMessageContaining("tpm2_pcrallocate");
  }

  @Test
  void hostState_isThatOfTheQuoteTheServiceSaw() throws Exception {
    enrol();
    assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Granted.class);

    HostState state = attester.hostState(SELECTION);

    assertThat(state.akName().bytes()).isEqualTo(attester.attestationKeyName().bytes());
    assertThat(state.pcrDigest().bytes())
        .isEqualTo(service.lastQuote().pcrDigest().value().bytes());
    assertThat(state.resetCount()).isEqualTo(service.lastQuote().clockInfo().resetCount());
    assertThat(state.pcrs()).hasSize(1);
    assertThat(state.pcrs().get(0).selection()).hasSize(16);
  }

  /** Case 43. */
  @Test
  void case43_hostState_afterExtendAndReboot_differs() throws Exception {
    HostState before = attester.hostState(SELECTION);
    extend(4);
    HostState extended = attester.hostState(SELECTION);
    attester.close();
    tpm.close();
    host.reboot();
    open();
    HostState rebooted = attester.hostState(SELECTION);

    assertThat(extended.pcrDigest()).isNotEqualTo(before.pcrDigest());
    assertThat(extended.resetCount()).isEqualTo(before.resetCount());
    assertThat(rebooted.pcrDigest()).isEqualTo(before.pcrDigest());
    assertThat(rebooted.resetCount()).isEqualTo(before.resetCount() + 1);
  }

  @Test
  void instanceKey_isKeptInAFileThatOnlyItsOwnerReads() throws Exception {
    Hash jkt = attester.jkt();
    attester.close();
    attester = Attester.open(tpm, keyFile(), service, new SecureRandom());

    assertThat(attester.jkt()).isEqualTo(jkt);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile())))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(keyFile(), folder.resolve("tpm"));
    }
  }

  @Test
  void instanceKey_ofAnotherTpm_isReplaced() throws Exception {
    Hash jkt = attester.jkt();
    try (SwtpmHost other =
            SwtpmHost.manufacture(Files.createDirectory(folder.resolve("other")), authority);
        Tpm otherTpm = Tpm.open(other.tcti());
        Attester moved = Attester.open(otherTpm, keyFile(), service, new SecureRandom())) {
      assertThat(moved.jkt()).isNotEqualTo(jkt);
    }
  }

  @Test
  void instanceKeyFile_thatIsDamaged_isRefusedWithWhatToDo() throws Exception {
    attester.close();
    Files.write(keyFile(), new byte[] {1, 2, 3});

    assertThatThrownBy(() -> Attester.open(tpm, keyFile(), service, new SecureRandom()).close())
        .isInstanceOf(TpmException.class)
        .hasMessageContaining("remove the file");
  }

  @Test
  void instanceKeyFile_thatOthersHaveAccessTo_isRefusedWithWhatToDo() throws Exception {
    Hash jkt = attester.jkt();
    attester.close();
    for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----", "rwxrwxrwx")) {
      Files.setPosixFilePermissions(keyFile(), PosixFilePermissions.fromString(mode));

      assertThatThrownBy(() -> Attester.open(tpm, keyFile(), service, new SecureRandom()).close())
          .isInstanceOf(AttestationFailedException.class)
          .hasMessageContaining(keyFile().toString())
          .hasMessageContaining(mode)
          .hasMessageContaining("chmod 600");
    }

    Files.setPosixFilePermissions(keyFile(), PosixFilePermissions.fromString("r--------"));
    attester = Attester.open(tpm, keyFile(), service, new SecureRandom());
    assertThat(attester.jkt()).isEqualTo(jkt);
  }

  /** Three GiB that take no place on disk: more than an array holds. */
  @Test
  void instanceKeyFile_thatIsHuge_isNotReadWhole() throws Exception {
    attester.close();
    try (RandomAccessFile huge = new RandomAccessFile(keyFile().toFile(), "rw")) {
      huge.setLength(3L << 30);
    }

    assertThatThrownBy(() -> Attester.open(tpm, keyFile(), service, new SecureRandom()).close())
        .isInstanceOf(TpmException.class)
        .hasMessageContaining((WrappedKey.MAX_BYTES + 1) + " bytes")
        .hasMessageContaining("remove the file");
  }

  /** RFC 7800 section 3: what the presenter signs verifies under the key of cnf.jkt. */
  @Test
  void possession_verifiesUnderTheInstanceKey() throws Exception {
    Hash nonce = Hash.sha256(new byte[] {1});
    Hash artifact = Hash.sha256(new byte[] {2});

    Possession possession = attester.possess(nonce, artifact, "gateway.example");

    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
    verifier.initVerify(possession.key());
    verifier.update(Possession.message(nonce, artifact, "gateway.example"));
    assertThat(verifier.verify(possession.signature())).isTrue();
  }

  private static TpmName akName(Answer<Enrolled> answer) {
    return ((Answer.Granted<Enrolled>) answer).value().akName();
  }

  private void enrol() throws Exception {
    assertThat(attester.enrol("host-a")).isInstanceOf(Answer.Granted.class);
  }

  private void extend(int pcr) {
    try {
      tpm.extendPcr(pcr, PcrBank.SHA256, new byte[32]);
    } catch (TpmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path keyFile() {
    return folder.resolve("instance.key");
  }
}
