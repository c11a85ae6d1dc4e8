// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Bytes that {@link StrictJson} refuses, or a member that is not of the type asked for. */
public final class MalformedJsonException extends MalformedDocumentException {
  MalformedJsonException(String field, String mustBe, String was) {
    super("JSON", field, mustBe, was);
  }
}
