// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;

/** Asks a service again that cannot answer now: when it says, and a few times. */
final class Patience {
  private static final int ATTEMPTS = 4;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final SecureRandom random;

  Patience(SecureRandom random) {
    this.random = random;
  }

  /** What is asked. */
  interface Question<T> {
    Answer<T> ask() throws TpmException, IOException, AttestationFailedException;
  }

  /** The last denial is the answer where the service stays unable to give another. */
  <T> Answer<T> ask(Question<T> question)
      throws TpmException, IOException, AttestationFailedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    Answer<T> answer = question.ask();
    for (int attempt = 2; attempt <= ATTEMPTS; attempt++) {
      if (!(answer instanceof Answer.Denied<T> denied) || denied.retryAfter().isEmpty()) {
        return answer;
      }
      long millis = denied.retryAfter().get().toMillis();
      // Hosts that were turned away together must not come back together.
      millis += random.nextLong(millis / 4 + 1);
      if (millis * 1_000_000 > end - System.nanoTime() || !slept(millis)) {
        return answer;
      }
      answer = question.ask();
    }
    return answer;
  }

  private static boolean slept(long millis) {
    try {
      Thread.sleep(millis);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
