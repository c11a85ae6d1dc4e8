// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillCase;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.util.Optional;

/** What an attempt of a drill came to. */
sealed interface Came {
  /** In one word, or in what happened instead. */
  String word();

  /** It was allowed, and what is then to happen did. */
  record Allowed() implements Came {
    @Override
    public String word() {
      return DrillCase.ALLOW;
    }
  }

  /**
   * It was denied, and nothing happened.
   *
   * @param reason the finer cause, where the service tells it
   * @param request digest of the request that a leaf of it names, where it was one
   */
  record Denied(DenialCode code, Optional<String> reason, Optional<Hash> request) implements Came {
    Denied(DenialCode code) {
      this(code, Optional.empty(), Optional.empty());
    }

    @Override
    public String word() {
      return code.wire();
    }
  }

  /** Neither: it could not be tried, or what happened does not go with what was said. */
  record Otherwise(String word) implements Came {
    /** Cuts the text to what a report holds: one line of printable ASCII. */
    public Otherwise {
      String line = word.strip().replaceAll("[^\\x20-\\x7e]+", " ");
      word =
          line.isEmpty()
              ? "nothing"
              : line.substring(0, Math.min(line.length(), DrillCase.MAX_TEXT));
    }
  }

  static Came of(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? new Denied(denied.code()) : new Allowed();
  }

  static Came of(Answer<?> answer) {
    return answer instanceof Answer.Denied<?> denied
        ? new Denied(denied.code(), Optional.of(denied.reason()), Optional.empty())
        : new Allowed();
  }

  /** Of a request whose digest a leaf names. */
  static Came of(Answer<?> answer, Hash request) {
    return answer instanceof Answer.Denied<?> denied
        ? new Denied(denied.code(), Optional.of(denied.reason()), Optional.of(request))
        : new Allowed();
  }
}
