// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** How an operation ended, for its door to tell. */
sealed interface Reply {
  /**
   * What was asked for. It is written out on the door's thread, so that whoever completed the
   * operation goes on with its own work.
   *
   * @param answer writes it
   */
  record Given(Supplier<Answer> answer) implements Reply {}

  /**
   * Why not.
   *
   * @param problem the reason
   * @param logged what the log says beside it, and the caller is not told
   */
  record Refused(Problem problem, Optional<String> logged) implements Reply {}

  /**
   * Revocations, as they come.
   *
   * @param stream of them
   * @param after the last that the caller was told
   * @param reads reads those that are older
   */
  record Streamed(RevocationStream stream, OptionalLong after, WorkPool reads) implements Reply {}

  /** What was asked for, at once. */
  static CompletionStage<Reply> now(Answer answer) {
    return CompletableFuture.completedFuture(new Given(() -> answer));
  }

  /** A problem, at once. */
  static CompletionStage<Reply> now(Problem problem) {
    return CompletableFuture.completedFuture(new Refused(problem, Optional.empty()));
  }
}
