// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Set;

/**
 * An example that the document carries of its own meaning: inputs and what they must come to. {@link
 * PolicyTests} runs it.
 *
 * @param name unique in the document
 * @param description for the reader
 * @param inputs the inputs, whole
 * @param defaults which of them the example leaves to their {@linkplain dev.writ.policy defaults}, as
 *     an expression spells them
 * @param expected what must come
 * @param shadow what must come, were the rules in shadow mode enforced
 */
public record Example(
    String name,
    String description,
    Inputs inputs,
    Set<String> defaults,
    Conclusion expected,
    Conclusion shadow) {

  /** Copies the defaults. */
  public Example {
    defaults = Set.copyOf(defaults);
  }

  /** Whether {@code input}, or for a variable read whole a part of it, is what nobody wrote. */
  boolean leaves(String input) {
    return defaults.contains(input)
        || input.indexOf('.') < 0
            && defaults.stream().anyMatch(each -> each.startsWith(input + "."));
  }
}
