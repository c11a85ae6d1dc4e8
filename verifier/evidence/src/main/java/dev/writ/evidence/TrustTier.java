// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * Trustworthiness tiers of AR4SI (draft-ietf-rats-ar4si, 2.3.2), from no statement to worst: the
 * order in which they are declared.
 */
public enum TrustTier {
  /** Nothing is said. */
  NONE("none", 0),
  /** The claim holds. */
  AFFIRMING("affirming", 2),
  /** The claim holds with something the Relying Party should know. */
  WARNING("warning", 32),
  /** The claim does not hold. */
  CONTRAINDICATED("contraindicated", 96);

  private final String label;
  private final int value;

  TrustTier(String label, int value) {
    this.label = label;
    this.value = value;
  }

  /** The text in an EAR's {@code ear_status}. */
  public String label() {
    return label;
  }

  /** The lowest claim value of the tier. */
  public int value() {
    return value;
  }
}
