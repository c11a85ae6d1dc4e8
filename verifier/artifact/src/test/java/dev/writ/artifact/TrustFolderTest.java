// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.ALICE;
import static dev.writ.artifact.Operations.BOB;
import static dev.writ.artifact.Operations.CAROL;
import static dev.writ.artifact.Operations.first;
import static dev.writ.artifact.Operations.second;
import static dev.writ.artifact.Operations.signed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.TrustSuccession.Followed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was followed, kept on a disk: evidence that is judged again, never authority. */
class TrustFolderTest {
  @TempDir Path parent;

  private final TrustFile second = signed(second(), BOB, CAROL);
  private final TrustFile third =
      signed(TrustContents.successor(second(), 3, second.digest()), ALICE, BOB);

  private Path folder() {
    return parent.resolve("state/trust");
  }

  private Path file(long version) {
    return folder().resolve(version + ".json");
  }

  /** As a process that starts does. */
  private Followed follow() throws IOException {
    return TrustSuccession.follow(first(), new TrustFolder(folder()));
  }

  private void assertFollowsTo(TrustFile newest) throws IOException {
    assertThat(follow().refused()).isEmpty();
    assertThat(follow().newest().digest()).isEqualTo(newest.digest());
  }

  @BeforeEach
  void keepTwo() throws IOException {
    TrustFolder folder = new TrustFolder(folder());
    folder.keep(second);
    folder.keep(third);
  }

  @Test
  void version_neverKept_isEmpty() throws Exception {
    assertThat(new TrustFolder(folder()).version(4)).isEmpty();
    assertThat(new TrustFolder(parent.resolve("none")).version(2)).isEmpty();
    assertThat(parent.resolve("none")).doesNotExist();
  }

  @Test
  void keep_thenReopened_isFollowedToTheLast() throws Exception {
    assertFollowsTo(third);
    assertThat(new TrustFolder(folder()).version(2)).hasValue(second.toJson());
  }

  @Test
  void keep_leavesNothingUnfinished() throws Exception {
    new TrustFolder(folder()).keep(third);

    try (Stream<Path> files = Files.list(folder())) {
      assertThat(files).containsExactlyInAnyOrder(file(2), file(3));
    }
  }

  @Test
  void keep_whereItCannotBeMade_throwsAndLeavesWhatWasThere() throws Exception {
    Path inTheWay = Files.createDirectories(parent.resolve("other/2.json/x"));
    TrustFolder folder = new TrustFolder(parent.resolve("other"));

    assertThatThrownBy(() -> folder.keep(second)).isInstanceOf(IOException.class);

    assertThat(inTheWay).exists();
    try (Stream<Path> files = Files.list(parent.resolve("other"))) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void follow_filesRemoved_goesBackToWhatIsLeft() throws Exception {
    Files.delete(file(3));
    assertFollowsTo(second);
    Files.delete(file(2));
    assertFollowsTo(first());
  }

  /** The last alone does not follow from the first. */
  @Test
  void follow_fileInBetweenRemoved_staysBefore() throws Exception {
    Files.delete(file(2));

    assertFollowsTo(first());
  }

  @Test
  void follow_anyChangedFile_staysAtTheOneBefore() throws Exception {
    byte[] bytes = third.toJson();
    for (byte[] changed :
        List.of(
            Replace.once(bytes, "\"skew_s\":5", "\"skew_s\":6"),
            Replace.once(bytes, "\"version\":3", "\"version\":4"),
            second.toJson(),
            new byte[0])) {
      Path written = Files.write(file(3), changed);

      assertThat(follow().newest().digest()).as(written.toString()).isEqualTo(second.digest());
      assertThat(follow().refused())
          .hasValueSatisfying(why -> assertThat(why).startsWith("version 3: "));
    }
  }

  /** Another file of the same content, with signatures of others: the next names the one that was. */
  @Test
  void follow_fileWithOtherSignatures_endsThere() throws Exception {
    Path written = Files.write(file(2), signed(second(), ALICE, BOB).toJson());

    Followed followed = follow();

    assertThat(written).exists();
    assertThat(followed.newest().content()).isEqualTo(second());
    assertThat(followed.refused())
        .hasValueSatisfying(why -> assertThat(why).startsWith("version 3: previous"));
  }

  @Test
  void follow_overLongFile_throwsNamingIt() throws Exception {
    Path written = Files.write(file(3), new byte[TrustFile.MAX_BYTES + 1]);

    assertThatThrownBy(this::follow)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(written.toString())
        .hasMessageContaining("at most " + TrustFile.MAX_BYTES);
  }

  @Test
  void follow_longestFile_isRead() throws Exception {
    byte[] longest = new byte[TrustFile.MAX_BYTES];
    Path written = Files.write(file(4), longest);

    assertThat(new TrustFolder(folder()).version(4)).as(written.toString()).hasValue(longest);
  }

  @Test
  void follow_symbolicLink_throws() throws Exception {
    Path elsewhere = Files.move(file(3), parent.resolve("elsewhere.json"));
    Path link = Files.createSymbolicLink(file(3), elsewhere);

    assertThatThrownBy(this::follow)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(link + " must be a regular file");
  }

  @Test
  void follow_folderInAFilesPlace_throws() throws Exception {
    Files.delete(file(3));
    Path made = Files.createDirectory(file(3));

    assertThatThrownBy(this::follow)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(made + " must be a regular file");
  }
}
