// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import java.time.Duration;

/**
 * How long a key is believed after its successor began.
 *
 * @param akCertificate how long a certificate of an attestation key is valid
 */
record Overlaps(Duration akCertificate) {
  /**
   * As long as what the key signed last can live, and as long again for a service that was down when its
   * successor should have begun. A door shows what the TLS key before certified for an hour at most.
   */
  static final Duration OVERLAP = Duration.ofHours(2);

  Duration after(KeyRole role) {
    return role == KeyRole.ATTESTATION ? OVERLAP.plus(akCertificate) : OVERLAP;
  }
}
