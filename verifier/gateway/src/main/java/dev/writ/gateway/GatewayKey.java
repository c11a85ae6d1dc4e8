// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.tlog.Hash;
import java.security.GeneralSecurityException;

/** The key by which a gateway is known: one of the trust file's {@code gateways}. */
public interface GatewayKey {
  /** Its RFC 7638 thumbprint. */
  Hash kid();

  /**
   * Signs by ES256.
   *
   * @return r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws GeneralSecurityException if it cannot now
   */
  byte[] sign(byte[] message) throws GeneralSecurityException;
}
