// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SentenceTest {
  @TempDir Path folder;

  @Test
  void file_thatIsNotThere_mustExist() {
    Path none = folder.resolve("none");
    assertThat(Sentence.of(reading(none))).isEqualTo(none + " must exist, and does not");
  }

  @Test
  void file_thatTheSubjectNames_isNamedOnce() {
    Path none = folder.resolve("none");
    assertThat(Sentence.of("the trust file " + none, reading(none)))
        .isEqualTo("the trust file " + none + " must exist, and does not");
    assertThat(Sentence.of("the trust file x" + none, reading(none)))
        .isEqualTo("the trust file x" + none + ": " + none + " must exist, and does not");
  }

  @Test
  void file_withAReason_keepsIt() {
    FileSystemException full = new FileSystemException("/a", null, "No space left on device");
    assertThat(Sentence.of(full)).isEqualTo("/a: No space left on device");
    assertThat(Sentence.of("the file /a", full))
        .isEqualTo("the file /a: /a: No space left on device");
  }

  @Test
  void file_otherwiseAmiss_isSaidByItsClass() {
    assertThat(Sentence.of(new NotDirectoryException("/a")))
        .isEqualTo("/a must be a folder, and is none");
    assertThat(Sentence.of(new FileSystemLoopException("/a")))
        .isEqualTo("/a: FileSystemLoopException");
  }

  @Test
  void exception_withoutMessage_isSaidByItsClass() {
    assertThat(Sentence.of("the answer", new EOFException())).isEqualTo("the answer: EOFException");
    assertThat(Sentence.of(new EOFException("it ends early"))).isEqualTo("it ends early");
  }

  private static IOException reading(Path file) {
    try {
      byte[] read = Files.readAllBytes(file);
      throw new AssertionError(file + " has " + read.length);
    } catch (IOException e) {
      return e;
    }
  }
}
