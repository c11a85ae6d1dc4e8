// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.hsm.SealedPinException;
import dev.writ.tpm.Pcr;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.PcrValue;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.UnsealPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code writ keys seal-pin} on a simulated TPM: who gets the PIN out again, and who does not. */
@Tag("own-jvm")
class KeysSealPinCommandTest {
  private static final String PIN = "corr3ct-h0rse";

  private static EndorsementAuthority maker;
  private static SwtpmHost made;

  @TempDir Path folder;
  private SwtpmHost host;
  private Path approver;
  private Path sealed;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    made = SwtpmHost.manufacture(factory, maker);
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(Files.createDirectory(folder.resolve("tpm")));
    approver = key("approver.pem", "secp256r1");
    sealed = folder.resolve("sealed-pin.json");
  }

  @AfterEach
  void stop() {
    host.close();
  }

  @Test
  void sealPin_onThisHost_givesThePinAndShowsItNowhere() throws Exception {
    Invocation seal = seal(PIN + "\n");

    assertThat(seal.status()).as(seal.err()).isEqualTo(ExitStatus.DONE);
    assertThat(seal.out()).contains("sha256:0", "sha256:7", "counter").doesNotContain(PIN);
    assertThat(seal.err()).isEmpty();
    assertThat(Files.readString(sealed)).doesNotContain(PIN);
    assertThat(Files.getPosixFilePermissions(sealed))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(unsealed(sealed)).isEqualTo(PIN);
    assertThat(new TpmSealedPin(sealed, host.tcti()).toString()).doesNotContain(PIN);
    assertThat(SealedPinFile.read(sealed).toString()).doesNotContain(PIN);
  }

  @Test
  void sealPin_whereItsFileExists_isRefusedAndRaisesNothing() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    OptionalLong counter = counter();
    Invocation again = seal("another");

    assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(again.err()).contains("must not exist yet", "--renew").hasLineCount(1);
    assertThat(counter()).isEqualTo(counter);
    assertThat(unsealed(sealed)).isEqualTo(PIN);
  }

  @Test
  void sealPin_ofAnotherPin_endsTheOneBefore() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    Path other = folder.resolve("other.json");
    assertThat(
            Invocation.of(
                    "keys",
                    "seal-pin",
                    "--tpm",
                    host.tcti(),
                    "--approver-key",
                    approver,
                    "--pin-file",
                    pinFile("other"),
                    "--out",
                    other)
                .status())
        .isEqualTo(ExitStatus.DONE);

    assertThat(unsealed(other)).isEqualTo("other");
    assertThat(refusal(sealed)).contains("the TPM's counter");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "two\nlines", "tab\t"})
  void sealPin_fileWithoutAPin_isRefusedAndLeavesNothing(String content) throws Exception {
    Invocation seal = seal(content);

    assertThat(seal.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(seal.err()).startsWith("writ: --pin-file: ").hasLineCount(1);
    assertThat(sealed).doesNotExist();
    assertThat(counter()).isEmpty();
  }

  @Test
  void sealPin_longerThanATpmSeals_isRefused() throws Exception {
    Invocation seal = seal("x".repeat(129));

    assertThat(seal.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(seal.err()).contains("at most 128 bytes").doesNotContain("xx").hasLineCount(1);
    assertThat(sealed).doesNotExist();
  }

  @Test
  void renew_whereNothingWouldChange_isRefusedAndRaisesNothing() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    OptionalLong counter = counter();
    Invocation renew = renew();

    assertThat(renew.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(renew.err()).contains("nothing would change").hasLineCount(1);
    assertThat(counter()).isEqualTo(counter);
  }

  /** The update has happened. */
  @Test
  void renew_afterAPcrChanged_opensAndTheOldFileNeverAgain() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    Path old = Files.copy(sealed, folder.resolve("old.json"));
    extend(4);
    assertThat(refusal(sealed))
        .contains("differs in PCR sha256:4 (approved " + "0".repeat(64) + ", is ")
        .contains("--renew")
        .doesNotContain("sha256:7");
    Invocation renew = renew();

    assertThat(renew.status()).as(renew.err()).isEqualTo(ExitStatus.DONE);
    assertThat(unsealed(sealed)).isEqualTo(PIN);
    host.reboot();
    assertThat(refusal(old)).contains("the TPM's counter").contains("replaced by a later one");
    assertThat(refusal(sealed)).contains("PCR sha256:4");
  }

  /** The update is planned, and it is known what it will measure. */
  @Test
  void renew_forValuesToCome_opensWhenTheyHaveCome() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    String after =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(new byte[64]));
    Invocation renew = renew("--pcr-values", "sha256:4=" + after);
    assertThat(renew.status()).as(renew.err()).isEqualTo(ExitStatus.DONE);
    assertThat(renew.err()).contains("stays sealed until").hasLineCount(1);
    assertThat(refusal(sealed)).contains("PCR sha256:4 (approved " + after);

    extend(4);

    assertThat(unsealed(sealed)).isEqualTo(PIN);
  }

  @Test
  void renew_withAPinFile_sealsThatPin() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    Invocation renew = renew("--pin-file", pinFile("changed").toString());

    assertThat(renew.status()).as(renew.err()).isEqualTo(ExitStatus.DONE);
    assertThat(unsealed(sealed)).isEqualTo("changed");
  }

  @Test
  void renew_byAnotherKey_isRefusedAndRaisesNothing() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    OptionalLong counter = counter();
    approver = key("thief.pem", "secp256r1");
    extend(4);
    Invocation renew = renew();

    assertThat(renew.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(renew.err()).contains("--approver-key must be the key").hasLineCount(1);
    assertThat(counter()).isEqualTo(counter);
  }

  /** By somebody who can write the file, and has a key that is not the approver's. */
  @Test
  void sealedPin_underAPolicyThatAnotherKeySigned_staysSealed() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    extend(4);
    SealedPinFile file = SealedPinFile.read(sealed);
    UnsealPolicy present;
    try (Tpm tpm = Tpm.open(host.tcti())) {
      List<Pcr> pcrs = file.approved().policy().pcrs().stream().map(PcrValue::pcr).toList();
      present = new UnsealPolicy(tpm.pcrValues(pcrs), file.approved().policy().counter());
    }
    ApproverKeyFile thief = ApproverKeyFile.read(key("thief.pem", "secp256r1"));
    SealedPinFile forged = new SealedPinFile(file.data(), thief.approve(file.data(), present));
    OwnersFile.replace(sealed, forged.toJson());

    assertThat(refusal(sealed)).contains("must be signed by the approver");
    assertThat(renew().err()).contains("must be signed by the approver").hasLineCount(1);
    ApproverKeyFile right = ApproverKeyFile.read(approver);
    SealedPinFile signed = new SealedPinFile(file.data(), right.approve(file.data(), present));
    OwnersFile.replace(sealed, signed.toJson());
    assertThat(unsealed(sealed)).isEqualTo(PIN);
  }

  @Test
  void renew_onAnotherHost_isRefusedAndRaisesNothing() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    try (SwtpmHost other =
        SwtpmHost.manufacture(Files.createDirectory(folder.resolve("other")), maker)) {
      host.close();
      host = other;
      Invocation renew = renew();

      assertThat(renew.status()).isEqualTo(ExitStatus.DENIED);
      assertThat(renew.err()).contains("is another, or was cleared").hasLineCount(1);
      assertThat(counter()).isEmpty();
    }
  }

  @Test
  void renew_ofNoFile_isAConfigurationError() {
    Invocation renew = renew();

    assertThat(renew.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(renew.err()).contains("must exist").hasLineCount(1);
  }

  /** One bit of each byte, wherever it stands. */
  @Test
  void sealedPin_withAnyByteChanged_staysSealed() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    byte[] file = Files.readAllBytes(sealed);
    List<Integer> opened = new ArrayList<>();
    for (int at = 0; at < file.length; at++) {
      byte[] changed = file.clone();
      changed[at] ^= 1;
      Files.write(sealed, changed);
      try {
        String ignored = unsealed(sealed);
        opened.add(at);
      } catch (SealedPinException e) {
        assertThat(e).hasMessageStartingWith("the ").message().doesNotContain(PIN);
      }
    }
    Files.write(sealed, file);

    assertThat(opened).isEmpty();
    assertThat(unsealed(sealed)).isEqualTo(PIN);
  }

  @Test
  void sealedPin_cutOrLonger_staysSealed() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    String file = Files.readString(sealed);
    for (String other :
        List.of("", "{}", file.stripTrailing(), file + "\n", file.repeat(40), " " + file)) {
      Files.writeString(sealed, other);
      assertThat(refusal(sealed)).startsWith("the sealed PIN " + sealed);
    }
  }

  @Test
  void sealedPin_openToOthers_staysSealed() throws Exception {
    assertThat(seal(PIN).status()).isEqualTo(ExitStatus.DONE);
    Files.setPosixFilePermissions(sealed, PosixFilePermissions.fromString("rw-r-----"));

    assertThat(refusal(sealed)).contains("its owner's alone").contains("chmod 600");
  }

  @Test
  void sealPin_keyThatIsNotAnApprovers_isRefusedWithoutShowingIt() throws Exception {
    Path shared = key("shared.pem", "secp256r1");
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rw-r--r--"));
    Path none = ownersFile("none.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE");
    for (Path key : List.of(key("other.pem", "secp384r1"), shared, none, pinFile(PIN))) {
      approver = key;
      Invocation seal = seal(PIN);

      assertThat(seal.status()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(seal.err())
          .startsWith("writ: --approver-key: ")
          .doesNotContain("c2VjcmV0", PIN)
          .hasLineCount(1);
    }
  }

  @Test
  void sealPin_withoutATpm_saysHowItIsReached() throws Exception {
    host.close();
    Invocation seal = seal(PIN);

    assertThat(seal.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(seal.err()).startsWith("writ: --tpm: ").hasLineCount(1);
    assertThat(sealed).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--pcrs=",
        "--pcrs=0,7",
        "--pcrs=sha256:",
        "--pcrs=sha256:24",
        "--pcrs=sha256:07",
        "--pcrs=sha256:7,7",
        "--pcrs=md5:7",
        "--pcrs=sha256:7+",
        "--pcr-values=sha256:4",
        "--pcr-values=sha256:4=00",
        "--pcr-values=sha256:5=0000000000000000000000000000000000000000000000000000000000000000"
      })
  void sealPin_pcrsThatAreNone_areAUsageError(String option) throws Exception {
    Invocation seal = seal(PIN, option);

    assertThat(seal.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(sealed).doesNotExist();
  }

  @Test
  void sealPin_withoutPinOrRenewal_isAUsageError() {
    assertThat(
            Invocation.of("keys", "seal-pin", "--approver-key", approver, "--out", sealed).status())
        .isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void sealPin_pcrsThatTheTpmHasNot_areRefused() throws Exception {
    Invocation seal = seal(PIN, "--pcrs=sha256:7+sha384:7");

    assertThat(seal.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(seal.err()).contains("sha384:7").hasLineCount(1);
    assertThat(counter()).isEmpty();
  }

  @Test
  void notation_ofSeveralBanks_isInTheTpmsOrder() {
    assertThat(PcrNotation.list("sha384:4+sha256:7,0"))
        .hasToString("[sha256:0, sha256:7, sha384:4]");
    assertThatThrownBy(() -> PcrNotation.list("sha256:7" + ",7".repeat(9000)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private Invocation seal(String pin, String... more) throws Exception {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "keys",
                "seal-pin",
                "--tpm",
                host.tcti(),
                "--approver-key",
                approver,
                "--pin-file",
                pinFile(pin),
                "--out",
                sealed));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private Invocation renew(String... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "keys",
                "seal-pin",
                "--renew",
                "--tpm",
                host.tcti(),
                "--approver-key",
                approver,
                "--out",
                sealed));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private String unsealed(Path file) throws SealedPinException {
    return new String(new TpmSealedPin(file, host.tcti()).unseal(), StandardCharsets.US_ASCII);
  }

  private String refusal(Path file) {
    SealedPinException refusal =
        catchThrowableOfType(SealedPinException.class, () -> unsealed(file));
    return String.valueOf(refusal.getMessage());
  }

  private OptionalLong counter() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      return tpm.unsealCounter();
    }
  }

  private void extend(int pcr) throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      tpm.extendPcr(pcr, PcrBank.SHA256, new byte[32]);
    }
  }

  private Path pinFile(String pin) throws Exception {
    return ownersFile("pin", pin);
  }

  private Path key(String name, String curve) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return ownersFile(
        name,
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder()
                .encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
  }

  private Path ownersFile(String name, String content) throws Exception {
    Path file = folder.resolve(name);
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }
}
