// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import org.jspecify.annotations.Nullable;

/** A door cannot be opened. The message is one sentence that says what to do. */
public final class DoorException extends Exception {
  private static final long serialVersionUID = 1;

  DoorException(String sentence) {
    super(sentence);
  }

  DoorException(String sentence, @Nullable Throwable cause) {
    super(sentence, cause);
  }
}
