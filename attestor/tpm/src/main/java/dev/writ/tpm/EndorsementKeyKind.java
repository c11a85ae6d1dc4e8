// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Template.ALG_SHA256;
import static dev.writ.tpm.Template.ALG_SHA384;
import static dev.writ.tpm.Template.Attribute.ADMIN_WITH_POLICY;
import static dev.writ.tpm.Template.Attribute.DECRYPT;
import static dev.writ.tpm.Template.Attribute.FIXED_PARENT;
import static dev.writ.tpm.Template.Attribute.FIXED_TPM;
import static dev.writ.tpm.Template.Attribute.RESTRICTED;
import static dev.writ.tpm.Template.Attribute.SENSITIVE_DATA_ORIGIN;
import static dev.writ.tpm.Template.Attribute.USER_WITH_AUTH;
import static dev.writ.tpm.Template.CURVE_NIST_P256;
import static dev.writ.tpm.Template.CURVE_NIST_P384;

import dev.writ.tpm.Template.Attribute;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * The endorsement keys that Writ can ask a TPM for: a template and the NV index of its certificate
 * (TCG EK Credential Profile for TPM Family 2.0, version 2.5, sections 2.2.1.4 and B.3, B.4).
 *
 * <p>Keys of the low range are used by policy alone; those of the high range have an empty
 * authorization value that suffices (userWithAuth), which is also how swtpm makes its P-384 key.
 */
public enum EndorsementKeyKind {
  /** Template L-1. */
  RSA_2048_LOW(0x01c00002, Range.LOW),
  /** Template L-2. */
  ECC_P256_LOW(0x01c0000a, Range.LOW),
  /** Template H-1. */
  RSA_2048_HIGH(0x01c00012, Range.HIGH),
  /** Template H-2. */
  ECC_P256_HIGH(0x01c00014, Range.HIGH),
  /** Template H-3. */
  ECC_P384_HIGH(0x01c00016, Range.HIGH);

  private enum Range {
    LOW,
    HIGH
  }

  /** PolicyA: PolicySecret(TPM_RH_ENDORSEMENT), EK Credential Profile section B.6.2. */
  static final byte[] POLICY_A_SHA256 =
      HexFormat.of().parseHex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");

  /** PolicyB: PolicyOR(PolicyA, PolicyAuthorizeNV(0x01c07f01)), section B.6.4. */
  static final byte[] POLICY_B_SHA256 =
      HexFormat.of().parseHex("ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0");

  /** PolicyB over SHA-384 (NV index 0x01c07f02), section B.6.4. */
  static final byte[] POLICY_B_SHA384 =
      HexFormat.of()
          .parseHex(
              "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419ca"
                  + "cb47ba09699646150f9fc000f3f80e12");

  private static final Set<Attribute> LOW_ATTRIBUTES =
      EnumSet.of(
          FIXED_TPM, FIXED_PARENT, SENSITIVE_DATA_ORIGIN, ADMIN_WITH_POLICY, RESTRICTED, DECRYPT);

  private static final Set<Attribute> HIGH_ATTRIBUTES =
      EnumSet.of(
          FIXED_TPM,
          FIXED_PARENT,
          SENSITIVE_DATA_ORIGIN,
          USER_WITH_AUTH,
          ADMIN_WITH_POLICY,
          RESTRICTED,
          DECRYPT);

  private final int certificateIndex;
  private final Range range;

  EndorsementKeyKind(int certificateIndex, Range range) {
    this.certificateIndex = certificateIndex;
    this.range = range;
  }

  /** The NV index that holds the certificate, section 2.2.1.4. */
  public int certificateIndex() {
    return certificateIndex;
  }

  /** Whether using the key takes a policy session rather than its empty authorization value. */
  boolean needsPolicySession() {
    return range == Range.LOW;
  }

  Template template() {
    byte[] empty = new byte[0];
    return switch (this) {
      case RSA_2048_LOW ->
          Template.rsaStorage(ALG_SHA256, LOW_ATTRIBUTES, POLICY_A_SHA256, 128, new byte[256]);
      case ECC_P256_LOW ->
          Template.eccStorage(
              ALG_SHA256, LOW_ATTRIBUTES, POLICY_A_SHA256, 128, CURVE_NIST_P256, new byte[32]);
      case RSA_2048_HIGH ->
          Template.rsaStorage(ALG_SHA256, HIGH_ATTRIBUTES, POLICY_B_SHA256, 128, empty);
      case ECC_P256_HIGH ->
          Template.eccStorage(
              ALG_SHA256, HIGH_ATTRIBUTES, POLICY_B_SHA256, 128, CURVE_NIST_P256, empty);
      case ECC_P384_HIGH ->
          Template.eccStorage(
              ALG_SHA384, HIGH_ATTRIBUTES, POLICY_B_SHA384, 256, CURVE_NIST_P384, empty);
    };
  }
}
