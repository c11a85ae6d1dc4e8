// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether what is to run could be rewritten by the one who runs it. */
final class GovernedUserTest {
  private static final int NOBODY = 65534;

  @TempDir Path folder;
  private GovernedUser user;

  @BeforeEach
  void who() throws Exception {
    user = GovernedUser.ofThisProcess();
    folder = folder.toRealPath();
  }

  @Test
  void program_ofTheSystem_isNotRewritable() throws Exception {
    assertThat(rewrites(Path.of("/usr/bin/true").toRealPath())).isEmpty();
  }

  @Test
  void file_withoutAPlace_isRewritable() throws Exception {
    assertThat(user.rewrites(held(Path.of("/usr/bin/true")), Path.of("memfd:x"))).isPresent();
  }

  @Test
  void file_ownOfAnOrdinaryUser_isRewritableThoughReadOnly() throws Exception {
    assumeTrue(user.uid() != 0, "an ordinary user");
    Path file = file("r-xr-xr-x");
    assertThat(rewrites(file)).hasValueSatisfying(way -> assertThat(way).contains("own"));
  }

  @Test
  void folder_above_countsAsTheFileDoes() throws Exception {
    // The temporary folder itself is under one where everybody may write.
    assertThat(folder.toFile().setWritable(true, false)).isTrue();
    assertThat(rewrites(file("r-xr-xr-x"))).isPresent();
  }

  @Test
  void root_fileThatOthersCanWrite_isRewritable() throws Exception {
    assumeTrue(user.uid() == 0, "root");
    assumeTrue(rootsAlone().isEmpty(), "a folder of root's alone");
    for (String mode : new String[] {"rwxrwxr-x", "rwxr-xrwx"}) {
      assertThat(rewrites(inRootsFolder(mode)))
          .hasValueSatisfying(way -> assertThat(way).contains("others than root"));
    }
  }

  @Test
  void root_fileOrFolderOfAnother_isRewritable() throws Exception {
    assumeTrue(user.uid() == 0, "root");
    assumeTrue(rootsAlone().isEmpty(), "a folder of root's alone");
    Path file = inRootsFolder("r-xr-xr-x");
    assertThat(rewrites(file)).isEmpty();
    Files.setAttribute(file, "unix:uid", NOBODY);
    assertThat(rewrites(file)).hasValueSatisfying(way -> assertThat(way).contains("user 65534"));
    Files.setAttribute(file, "unix:uid", 0);
    Files.setAttribute(folderOf(file), "unix:uid", NOBODY);
    assertThat(rewrites(file)).hasValueSatisfying(way -> assertThat(way).contains("user 65534"));
  }

  @Test
  void root_fileInAFolderThatOthersCanWrite_isRewritable() throws Exception {
    assumeTrue(user.uid() == 0, "root");
    assumeTrue(rootsAlone().isEmpty(), "a folder of root's alone");
    Path file = inRootsFolder("r-xr-xr-x");
    assertThat(rewrites(file)).isEmpty();
    assertThat(folderOf(file).toFile().setWritable(true, false)).isTrue();
    assertThat(rewrites(file))
        .hasValueSatisfying(way -> assertThat(way).contains(folderOf(file) + " can be written"));
  }

  @Test
  void root_fileThatAListLetsAnotherWrite_isRewritable() throws Exception {
    assumeTrue(user.uid() == 0, "root");
    assumeTrue(Files.exists(Path.of("/usr/bin/setfacl")), "setfacl");
    assumeTrue(rootsAlone().isEmpty(), "a folder of root's alone");
    Path file = inRootsFolder("r-xr-xr-x");
    assumeTrue(
        new ProcessBuilder("setfacl", "-m", "u:" + NOBODY + ":rwx", file.toString())
                .start()
                .waitFor()
            == 0,
        "a file system with access control lists");
    assertThat(rewrites(file)).isPresent();
  }

  /** How the working folder, under which root's own folders of these tests are, could be rewritten. */
  private Optional<String> rootsAlone() throws Exception {
    Path here = Path.of("target").toRealPath();
    return user.rewrites(held(here), here);
  }

  private Path inRootsFolder(String mode) throws Exception {
    Path own = Files.createTempDirectory(Path.of("target").toRealPath(), "roots");
    own.toFile().deleteOnExit();
    Path file = own.resolve("file");
    file.toFile().deleteOnExit();
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
    return withMode(file, mode);
  }

  private Path file(String mode) throws Exception {
    return withMode(folder.resolve("file"), mode);
  }

  private static Path withMode(Path file, String mode) throws Exception {
    Files.writeString(file, "x");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private Optional<String> rewrites(Path file) throws Exception {
    return user.rewrites(held(file), file);
  }

  private static Path folderOf(Path file) {
    return Objects.requireNonNull(file.getParent());
  }

  private static HeldFile held(Path file) {
    return new HeldFile(-1, file);
  }
}
