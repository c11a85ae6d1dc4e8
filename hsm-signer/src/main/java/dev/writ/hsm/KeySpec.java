// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One key of a role: the role, from which its algorithm follows, the names that the inventory gives the
 * role, and the number of the key among the role's keys.
 *
 * <p>The token knows the first generation by the inventory's own names, generation n by label {@code
 * LABEL-n} and by an id that has n as two more bytes. No two keys of one inventory share a name, since
 * no name of the inventory looks like another's generation.
 *
 * @param role what the key is for
 * @param firstLabel CKA_LABEL of the role's first generation
 * @param firstIdHex CKA_ID of the role's first generation, in lower-case hex
 * @param generation from 1 to {@link #MAX_GENERATION}
 */
public record KeySpec(KeyRole role, String firstLabel, String firstIdHex, int generation) {
  /** The last generation that a role can have. */
  public static final int MAX_GENERATION = 9_999;

  /** Of the first generation; a later one's label has up to five characters more. */
  static final Pattern LABEL = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  /** Of the first generation; a later one's id has two bytes more. */
  static final Pattern ID = Pattern.compile("([0-9a-f]{2}){1,32}");

  private static final Pattern LATER = Pattern.compile("-([1-9][0-9]{0,3})");
  private static final int ID_GENERATION_DIGITS = 4;

  /** Checks both names and the number. */
  public KeySpec {
    if (!LABEL.matcher(firstLabel).matches() || !ID.matcher(firstIdHex).matches()) {
      throw new IllegalArgumentException(
          "a key's label must match "
              + LABEL
              + " and its id "
              + ID
              + ", were "
              + firstLabel
              + ", "
              + firstIdHex);
    }
    if (generation < 1 || generation > MAX_GENERATION) {
      throw new IllegalArgumentException(
          "a key's generation must be from 1 to " + MAX_GENERATION + ", was " + generation);
    }
  }

  /** The first generation. */
  public KeySpec(KeyRole role, String label, String idHex) {
    this(role, label, idHex, 1);
  }

  /** The key of the same role with this number, from 1 to {@link #MAX_GENERATION}. */
  public KeySpec ofGeneration(int number) {
    return new KeySpec(role, firstLabel, firstIdHex, number);
  }

  /** CKA_LABEL of the private key, the public key and the certificate. */
  public String label() {
    return generation == 1 ? firstLabel : firstLabel + "-" + generation;
  }

  /**
   * CKA_ID of all three, in lower-case hex; it ties a certificate to its key (PKCS#11 v2.40, section
   * 4.6.3).
   */
  public String idHex() {
    return generation == 1 ? firstIdHex : firstIdHex + String.format("%04x", generation);
  }

  /** The key of the same role that goes by this label, if one does. */
  Optional<KeySpec> labelled(String label) {
    if (label.equals(firstLabel)) {
      return Optional.of(ofGeneration(1));
    }
    if (!label.startsWith(firstLabel)) {
      return Optional.empty();
    }
    Matcher later = LATER.matcher(label.substring(firstLabel.length()));
    return later.matches() && !later.group(1).equals("1")
        ? Optional.of(ofGeneration(Integer.parseInt(later.group(1))))
        : Optional.empty();
  }

  /** Whether a later generation of this role could go by this id. */
  boolean hasLaterId(String otherIdHex) {
    if (otherIdHex.length() != firstIdHex.length() + ID_GENERATION_DIGITS
        || !otherIdHex.startsWith(firstIdHex)) {
      return false;
    }
    int number = Integer.parseInt(otherIdHex.substring(firstIdHex.length()), 16);
    return number > 1 && number <= MAX_GENERATION;
  }

  /** What the key is. */
  public KeyAlgorithm algorithm() {
    return role.algorithm();
  }

  /** For messages: the role and both names. */
  @Override
  public String toString() {
    return role.wire() + " (label " + label() + ", id " + idHex() + ")";
  }
}
