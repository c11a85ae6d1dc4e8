// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/**
 * Where a token is, and how it is come by.
 *
 * @param profile its kind, with the module
 * @param label as given when the token was initialised
 * @param pinSource asked for each login, of which there is one to a connection; what it gives is zeroed
 *     after the login
 * @param events hears what befalls the connection
 */
public record TokenPlace(
    TokenProfile profile, String label, PinSource pinSource, TokenEvents events) {
  /** The module and the token in it: no two open tokens have one address. */
  String address() {
    return profile.library() + "#" + label;
  }

  @Override
  public String toString() {
    return address();
  }
}
