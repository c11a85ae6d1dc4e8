// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.fixtures.EndorsementAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509CRL;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that {@code endorsements} of a configuration and the options of a doctor name. */
class EndorsementFilesTest {
  private final EndorsementAuthority maker =
      EndorsementAuthority.create(Instant.now(), new SecureRandom());

  @TempDir Path folder;
  private Path root;

  @BeforeEach
  void writeRoot() throws Exception {
    root = Files.write(folder.resolve("root.crt"), maker.root().getEncoded());
  }

  @Test
  void files_andFoldersOfThem_areReadInPemAndDer() throws Exception {
    Path lists = Files.createDirectory(folder.resolve("lists"));
    X509CRL list = maker.revocationList();
    Files.write(lists.resolve("a.crl"), list.getEncoded());
    Files.writeString(
        lists.resolve("b.pem"),
        "-----BEGIN X509 CRL-----\n"
            + Base64.getMimeEncoder().encodeToString(list.getEncoded())
            + "\n-----END X509 CRL-----\n");
    Path between = Files.write(folder.resolve("issuing.crt"), maker.issuing().getEncoded());

    EndorsementTrust trust =
        EndorsementFiles.trust("endorsements.", List.of(root), List.of(between), List.of(lists));

    assertThat(trust.roots()).containsExactly(maker.root());
    assertThat(trust.intermediates()).containsExactly(maker.issuing());
    assertThat(trust.crls()).containsExactly(list, list);
  }

  @Test
  void file_thatHoldsNone_isRefusedByItsKeyAndName() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty"), "nothing\n");

    assertRefused("endorsements.roots: " + empty, List.of(empty), List.of(), List.of());
    assertRefused("endorsements.intermediates: " + empty, List.of(root), List.of(empty), List.of());
    assertRefused(
        "endorsements.revocation_lists: " + empty, List.of(root), List.of(), List.of(empty));
    // A certificate where a list must be.
    assertRefused(
        "endorsements.revocation_lists: " + root, List.of(root), List.of(), List.of(root));
  }

  /** As if nothing had been named: what the folder was to revoke would hold. */
  @Test
  void folder_withoutFiles_isRefused() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("lists"));
    Files.createDirectory(empty.resolve("below"));

    assertRefused(
        "endorsements.revocation_lists: " + empty + " must hold a file",
        List.of(root),
        List.of(),
        List.of(empty));
    assertRefused(
        "endorsements.intermediates: " + empty + " must hold a file",
        List.of(root),
        List.of(empty),
        List.of());
  }

  @Test
  void root_thatIsNoAuthority_isRefused() throws Exception {
    Path leaf = Files.write(folder.resolve("leaf.crt"), maker.certify(maker.root().getPublicKey()));

    assertRefused("endorsements.roots: root", List.of(leaf), List.of(), List.of());
  }

  private static void assertRefused(
      String message, List<Path> roots, List<Path> intermediates, List<Path> lists) {
    assertThatThrownBy(() -> EndorsementFiles.trust("endorsements.", roots, intermediates, lists))
        .isInstanceOfSatisfying(
            CommandFailure.class,
            failure -> assertThat(failure.status()).isEqualTo(ExitStatus.CONFIGURATION))
        .hasMessageStartingWith(message);
  }
}
