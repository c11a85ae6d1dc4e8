// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** A text is no {@link Pkcs11Uri}. The message says why, and shows no attribute's value. */
public final class MalformedPkcs11UriException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedPkcs11UriException(String mustHold) {
    super("the PKCS #11 URI " + mustHold);
  }
}
