// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What went wrong, as one sentence for who can mend it. */
public final class Sentence {
  private Sentence() {}

  /**
   * An exception's own message. A file system's names a file, and leaves it to its class to say what is
   * wrong with it.
   */
  public static String of(Exception cause) {
    if (cause instanceof FileSystemException file && file.getReason() == null) {
      return file.getFile() + condition(file);
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /**
   * The same, and first what it was about.
   *
   * @param subject named once, where it ends with the very file
   */
  public static String of(String subject, Exception cause) {
    return cause instanceof FileSystemException file
            && file.getReason() == null
            && subject.endsWith(" " + file.getFile())
        ? subject + condition(file)
        : subject + ": " + of(cause);
  }

  private static String condition(FileSystemException cause) {
    if (cause instanceof AccessDeniedException) {
      return " must be open to this user, and is not: check its permissions";
    } else if (cause instanceof NoSuchFileException) {
      return " must exist, and does not";
    } else if (cause instanceof NotDirectoryException) {
      return " must be a folder, and is none";
    }
    return ": " + cause.getClass().getSimpleName();
  }
}
