// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What {@link CompactJws} refuses; each format turns it into its own exception. */
final class MalformedJwsException extends MalformedDocumentException {
  MalformedJwsException(String field, String mustBe, String was) {
    super("JWS", field, mustBe, was);
  }
}
