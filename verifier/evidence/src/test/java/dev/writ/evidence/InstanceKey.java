// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Public areas of instance keys. */
final class InstanceKey {
  static final Set<ObjectAttribute> ATTRIBUTES =
      EnumSet.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.SENSITIVE_DATA_ORIGIN,
          ObjectAttribute.USER_WITH_AUTH,
          ObjectAttribute.SIGN);

  private InstanceKey() {}

  /** A key that is acceptable. */
  static TpmtPublic publicArea() {
    return with(TpmAlg.SHA256, ATTRIBUTES);
  }

  static TpmtPublic with(TpmAlg nameAlg, Set<ObjectAttribute> attributes) {
    return SoftwareAk.publicArea(
        nameAlg, attributes, area(TpmCurve.P256, SoftwareAk.scheme(TpmAlg.ECDSA, TpmAlg.SHA256)));
  }

  static PublicKeyArea area(TpmCurve curve, PublicKeyArea.Scheme scheme) {
    return SoftwareAk.eccArea(SoftwareAk.generateEcc(curve), curve, Optional.empty(), scheme);
  }
}
