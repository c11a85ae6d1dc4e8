// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * Where and how an object must have been made.
 *
 * @param parentName of its parent; a hierarchy's handle where it must be primary
 * @param parentQualifiedName of its parent; a hierarchy's handle where it must be primary
 * @param outsideInfo what its creator must have had recorded; empty for nothing
 * @param locality from which the command must have come: 0 for an operating system's
 */
public record CreationExpectation(
    TpmName parentName, TpmName parentQualifiedName, Octets outsideInfo, int locality) {

  /** A primary object of {@code hierarchy}, made by the operating system. */
  public static CreationExpectation primary(TpmName hierarchy, Octets outsideInfo) {
    return new CreationExpectation(hierarchy, hierarchy, outsideInfo, 0);
  }

  /** A child, made by the operating system. */
  public static CreationExpectation child(
      TpmName parentName, TpmName parentQualifiedName, Octets outsideInfo) {
    return new CreationExpectation(parentName, parentQualifiedName, outsideInfo, 0);
  }

  /** The same from another locality. */
  public CreationExpectation atLocality(int other) {
    return new CreationExpectation(parentName, parentQualifiedName, outsideInfo, other);
  }
}
