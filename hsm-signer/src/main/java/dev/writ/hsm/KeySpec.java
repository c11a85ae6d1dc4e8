// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.regex.Pattern;

/**
 * One key of the inventory: its role, from which its algorithm follows, and the two names by which the
 * token knows it.
 *
 * @param role what the key is for
 * @param label CKA_LABEL of the private key, the public key and the certificate
 * @param idHex CKA_ID of all three, in lower-case hex; it ties a certificate to its key (PKCS#11
 *     v2.40, section 4.6.3)
 */
public record KeySpec(KeyRole role, String label, String idHex) {
  static final Pattern LABEL = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  static final Pattern ID = Pattern.compile("([0-9a-f]{2}){1,32}");

  /** Checks both names. */
  public KeySpec {
    if (!LABEL.matcher(label).matches() || !ID.matcher(idHex).matches()) {
      throw new IllegalArgumentException(
          "a key's label must match "
              + LABEL
              + " and its id "
              + ID
              + ", were "
              + label
              + ", "
              + idHex);
    }
  }

  /** What the key is. */
  public KeyAlgorithm algorithm() {
    return role.algorithm();
  }

  /** For messages: the role and both names. */
  @Override
  public String toString() {
    return role.wire() + " (label " + label + ", id " + idHex + ")";
  }
}
