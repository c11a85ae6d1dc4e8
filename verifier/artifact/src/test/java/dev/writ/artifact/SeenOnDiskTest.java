// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.writ.artifact.Seen.StatusOutcome;
import dev.writ.artifact.Seen.UseOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The memory in a folder: the folder itself, and the tokens in it. Uses have a test of their own. */
class SeenOnDiskTest extends SeenContract {
  @TempDir Path parent;

  private Path folder() {
    return parent.resolve("seen");
  }

  @Override
  Seen seen() throws IOException {
    return SeenOnDisk.open(folder(), () -> TestWorld.NOW);
  }

  private Path tokenFile() {
    return folder().resolve(KeptToken.name(StatusIssuance.LIST));
  }

  private StatusToken keep() throws IOException {
    StatusToken token = StatusIssuance.valid().token();
    assertThat(seen().recordStatus(token)).isEqualTo(StatusOutcome.KEPT);
    return token;
  }

  private void assertRefused(String why) {
    assertThatThrownBy(this::seen).isInstanceOf(IOException.class).hasMessageContaining(why);
  }

  @Test
  void open_missingFolder_isMadeForItsOwnerAlone() throws IOException {
    assertThat(keep()).isNotNull();
    assertThat(seen().recordUse(TestWorld.JTI, 1, TestWorld.NOW)).isEqualTo(UseOutcome.RECORDED);

    assertThat(mode(folder())).isEqualTo("rwx------");
    try (var files = Files.list(folder())) {
      assertThat(files)
          .hasSize(4)
          .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void open_folderThatOthersMayRead_isRefused() throws IOException {
    Path made = Files.createDirectory(folder());
    Path open = Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-x---"));

    assertRefused("its mode is 0750: if nobody has changed what is in it, run chmod 700 " + open);
  }

  @Test
  void open_fileOrLinkInItsPlace_isRefused() throws IOException {
    Path made = Files.createFile(folder());
    assertRefused("another kind of file");

    Files.delete(made);
    Path link = Files.createSymbolicLink(folder(), Files.createDirectory(parent.resolve("other")));
    assertThat(link).exists();
    assertRefused("another kind of file");
  }

  @Test
  void open_folderOfAnotherUser_isRefused() throws IOException {
    Path made =
        Files.createDirectory(
            folder(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      Path ignored = Files.setAttribute(made, "unix:uid", 4711);
    } catch (IOException e) {
      assumeFalse(true, "only root can give a folder away: " + e);
    }

    assertRefused("it belongs to user 4711");
  }

  @Test
  void open_folderThatCannotBeWritten_isRefused() throws IOException {
    assertThat(keep()).isNotNull();
    Path readOnly =
        Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("r-x------"));
    assumeFalse(Files.isWritable(readOnly), "no mode stops root");

    assertRefused("AccessDeniedException");
  }

  @Test
  void open_noParent_isRefused() {
    assertThatThrownBy(() -> SeenOnDisk.open(folder().resolve("deeper"), () -> TestWorld.NOW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("NoSuchFileException");
  }

  @Test
  void open_formatOfAnotherVersion_isRefused() throws IOException {
    assertThat(keep()).isNotNull();
    Path written = Files.writeString(folder().resolve("format"), "writ seen 2\n");

    assertRefused(written + " must say \"writ seen 1\"");
  }

  @Test
  void newestStatus_tokenCutOrChangedAnywhere_isNeverNone() throws IOException {
    StatusToken token = keep();
    byte[] whole = Files.readAllBytes(tokenFile());

    for (int at = 0; at < whole.length; at += at < 128 || at > whole.length - 128 ? 1 : 997) {
      byte[] changed = whole.clone();
      changed[at] ^= 0x10;
      assertUnreadable(changed);
      assertUnreadable(Arrays.copyOf(whole, at));
    }
    assertUnreadable(Arrays.copyOf(whole, KeptToken.MAX_BYTES + 1));
    Path restored = Files.write(tokenFile(), whole);
    assertThat(restored).exists();
    assertThat(seen().newestStatus(StatusIssuance.LIST)).hasValue(token);
  }

  private void assertUnreadable(byte[] content) throws IOException {
    Path written = Files.write(tokenFile(), content);
    Seen seen = seen();
    assertThatThrownBy(() -> seen.newestStatus(StatusIssuance.LIST))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(written.toString());
    assertThatThrownBy(() -> seen.newestGovernance(TrustContents.STATUS.uri()))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(seen.recordStatus(StatusIssuance.valid().at(-1).tree(99).token()))
        .isEqualTo(StatusOutcome.UNAVAILABLE);
  }

  @Test
  void verify_keptTokenUnreadable_unverifiable() throws IOException {
    assertThat(keep()).isNotNull();
    Path written = Files.writeString(tokenFile(), "no token");
    BundleVerifier verifier = StatusVerification.under(TestWorld.statusTrust());

    Verdict verdict =
        verifier.verify(
            Issuance.withStatus().bundle(), TestWorld.presentation(), seen(), TestWorld.NOW);

    BundleVerifierDenialTest.assertDenied(verdict, DenialCode.UNVERIFIABLE, CheckName.GOVERNANCE);
    assertThat(((Verdict.Denied) verdict).reason()).contains(written.toString());
    assertThat(verifier.learn(StatusIssuance.valid().get(), seen(), TestWorld.NOW))
        .isInstanceOfSatisfying(
            StatusVerdict.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(DenialCode.UNVERIFIABLE));
  }

  @Test
  void verify_twice_allowedOnce() throws IOException {
    BundleVerifier verifier = StatusVerification.under(TestWorld.statusTrust());
    byte[] bundle = Issuance.withStatus().token(StatusIssuance.valid()).bundle();

    assertThat(verifier.verify(bundle, TestWorld.presentation(), seen(), TestWorld.NOW))
        .isInstanceOf(Verdict.Allowed.class);
    BundleVerifierDenialTest.assertDenied(
        verifier.verify(bundle, TestWorld.presentation(), seen(), TestWorld.NOW),
        DenialCode.REPLAYED,
        CheckName.USE);
  }

  @Test
  void recordStatus_moreListsThanAreKept_unavailable() throws IOException {
    Seen seen = seen();
    StatusToken token = keep();
    for (int i = 1; i < SeenOnDisk.MOST_LISTS; i++) {
      Path made = Files.createFile(folder().resolve(KeptToken.PREFIX + i));
      assertThat(made).exists();
    }
    StatusToken other = StatusIssuance.valid().list(StatusIssuance.OTHER_LIST).token();

    assertThat(seen.recordStatus(other)).isEqualTo(StatusOutcome.UNAVAILABLE);
    assertThat(seen.recordStatus(token)).isEqualTo(StatusOutcome.KEPT);
  }

  @Test
  void revocations_afterARestart_areThere_andAChangedByteDeniesAll() throws IOException {
    PushedRevocation one =
        new PushedRevocation(
            new RevocationScope.OfArtifact(TestWorld.JTI), 7, TestWorld.NOW.plusSeconds(60));
    PushedRevocations few = PushedRevocations.NONE;
    assertThat(seen().recordRevocation(one, TestWorld.NOW)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen().revocations()).isEqualTo(few.with(one, TestWorld.NOW));

    Path file = folder().resolve(RevokedFile.NAME);
    byte[] content = Files.readAllBytes(file);
    for (int i = 0; i < content.length; i++) {
      byte[] changed = content.clone();
      changed[i] ^= 1;
      Files.write(file, changed);
      assertThatThrownBy(() -> seen().revocations()).isInstanceOf(UncheckedIOException.class);
      assertThat(seen().recordRevocation(one, TestWorld.NOW)).isEqualTo(StatusOutcome.UNAVAILABLE);
    }
    Files.write(file, Arrays.copyOf(content, content.length - 1));
    assertThatThrownBy(() -> seen().revocations()).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void revocations_areReadThroughOnce_andAgainWhereAnotherWroteSome() throws IOException {
    PushedRevocation one = revocation(7);
    Seen seen = seen();
    assertThat(seen.recordRevocation(one, TestWorld.NOW)).isEqualTo(StatusOutcome.KEPT);

    PushedRevocations first = seen.revocations();
    assertThat(seen.revocations()).isSameAs(first);
    for (int i = 8; i < 40; i++) {
      assertThat(seen().recordRevocation(revocation(i), TestWorld.NOW))
          .isEqualTo(StatusOutcome.KEPT);
      assertThat(seen.revocations().has(i)).isTrue();
    }
  }

  private static PushedRevocation revocation(long leaf) {
    return new PushedRevocation(
        new RevocationScope.OfBreakglass(), leaf, TestWorld.NOW.plusSeconds(60));
  }

  /** Where there is no room for a new file, whatever was known before says nothing any more. */
  @Test
  void fullDisk_deniesAll_untilWhatWasSeenIsKept() throws IOException {
    Seen seen = seen();
    StatusToken old = StatusIssuance.valid().at(-10).token();
    StatusToken newer = StatusIssuance.valid().at(-5).token();
    assertThat(seen.recordStatus(old)).isEqualTo(StatusOutcome.KEPT);
    Path inTheWay = Files.createDirectories(folder().resolve("new.tmp").resolve("x"));

    assertThat(seen.recordRevocation(revocation(7), TestWorld.NOW))
        .isEqualTo(StatusOutcome.UNAVAILABLE);
    assertThatThrownBy(seen::revocations)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("must be kept before anything is allowed");
    assertThatThrownBy(() -> seen.newestStatus(StatusIssuance.LIST))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(seen.recordStatus(newer)).isEqualTo(StatusOutcome.UNAVAILABLE);
    assertThatThrownBy(() -> seen.newestGovernance(TrustContents.STATUS.uri()))
        .isInstanceOf(UncheckedIOException.class);

    Files.delete(inTheWay);
    Files.delete(folder().resolve("new.tmp"));
    assertThat(seen.revocations().has(7)).isTrue();
    assertThat(seen.newestStatus(StatusIssuance.LIST)).hasValue(newer);
    assertThat(seen().newestStatus(StatusIssuance.LIST)).hasValue(newer);
  }
}
