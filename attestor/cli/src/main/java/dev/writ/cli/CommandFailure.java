// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** Ends a subcommand with one sentence for its user and an {@link ExitStatus}. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  private CommandFailure(int status, String sentence, @Nullable Throwable cause) {
    super(sentence, cause);
    this.status = status;
  }

  /** Something on this machine is not as it must be. */
  static CommandFailure configuration(String sentence) {
    return new CommandFailure(ExitStatus.CONFIGURATION, sentence, null);
  }

  /** Something on this machine is not as it must be; {@code cause}'s message says what to do. */
  static CommandFailure configuration(Exception cause) {
    return new CommandFailure(ExitStatus.CONFIGURATION, sentence(cause), cause);
  }

  /** As {@link #configuration(Exception)}, saying first which {@code subject} it was. */
  static CommandFailure configuration(String subject, Exception cause) {
    return new CommandFailure(ExitStatus.CONFIGURATION, subject + ": " + sentence(cause), cause);
  }

  int status() {
    return status;
  }

  /** A file system's exceptions name a file and leave it to their class to say what is wrong. */
  private static String sentence(Exception cause) {
    if (cause instanceof AccessDeniedException denied) {
      return denied.getFile() + " must be open to this user, and is not: check its permissions";
    } else if (cause instanceof NoSuchFileException missing) {
      return missing.getFile() + " must exist, and does not";
    } else if (cause instanceof FileSystemException other && other.getReason() == null) {
      return other.getFile() + ": " + other.getClass().getSimpleName();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
