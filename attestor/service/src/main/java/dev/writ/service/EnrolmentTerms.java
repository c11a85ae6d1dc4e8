// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.AkCertificate;
import java.time.Duration;

/**
 * What an operator decides of enrolment besides who may.
 *
 * @param admitsExpired whether a TPM is admitted whose endorsement certificate, or the chain above it,
 *     has run out; the policy sees that in each decision and may deny
 * @param akValidity how long the certificate of an attestation key is valid, in whole seconds
 */
public record EnrolmentTerms(boolean admitsExpired, Duration akValidity) {
  /** Where nothing else was decided. */
  public static final EnrolmentTerms STANDARD = new EnrolmentTerms(true, Duration.ofDays(365));

  /**
   * Checks the validity.
   *
   * @throws IllegalArgumentException if it is not positive, or above {@link
   *     AkCertificate#MAX_VALIDITY}
   */
  public EnrolmentTerms {
    if (akValidity.compareTo(Duration.ofSeconds(1)) < 0
        || akValidity.compareTo(AkCertificate.MAX_VALIDITY) > 0) {
      throw new IllegalArgumentException(
          "the validity of an attestation key's certificate must be from PT1S to "
              + AkCertificate.MAX_VALIDITY
              + ", was "
              + akValidity);
    }
  }
}
