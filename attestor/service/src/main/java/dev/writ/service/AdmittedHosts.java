// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The hosts that an operator listed before they asked: each endorsement key with the one name that
 * its host may have.
 *
 * @param byEndorsementKey host names by the endorsement key's digest, SHA-256 of its
 *     SubjectPublicKeyInfo
 */
public record AdmittedHosts(Map<Hash, String> byEndorsementKey) {
  /** A policy must be able to name the host: visible ASCII, no quote, no backslash. */
  private static final Pattern NAME = Pattern.compile("[!#-\\[\\]-~]{1,128}");

  static final String FORM = "1 to 128 visible ASCII characters without \" and \\";

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a name is none that a policy can speak of
   */
  public AdmittedHosts {
    byEndorsementKey = Map.copyOf(byEndorsementKey);
    for (String name : byEndorsementKey.values()) {
      if (!isName(name)) {
        throw new IllegalArgumentException(
            "a host's name must be " + FORM + ", was \"" + name + "\"");
      }
    }
  }

  /** Whether a host may be called so. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** The name that the host with this endorsement key may have, if it is listed. */
  Optional<String> nameOf(Hash ekDigest) {
    return Optional.ofNullable(byEndorsementKey.get(ekDigest));
  }
}
