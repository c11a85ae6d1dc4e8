// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

/**
 * A numbered case of the corpus, at one level. A number may have a case at each level.
 *
 * @param number 1 to 97; it never changes
 * @param level where it is tried
 * @param title what is wrong with the evidence, or {@code accept: } and what is not
 * @param body tries it
 */
record NegativeCase(int number, Level level, String title, Body body) {
  /** Generates what the case is about, and has it judged. */
  interface Body {
    /** Tries each variant of the case; an exception is a failure of the case. */
    void run(Tries tries) throws Exception;
  }
}
