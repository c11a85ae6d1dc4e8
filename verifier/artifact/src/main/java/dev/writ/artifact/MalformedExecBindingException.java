// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an exec binding is none. */
public final class MalformedExecBindingException extends MalformedDocumentException {
  private static final String FORMAT = "exec binding";

  MalformedExecBindingException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedExecBindingException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
