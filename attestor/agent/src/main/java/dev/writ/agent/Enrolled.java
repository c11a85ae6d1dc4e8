// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * What a host has when it is enrolled.
 *
 * @param akName the name under which its attestation key is known
 * @param akCertificate the certificate of that key, DER, and after it that of the key that signed it;
 *     empty by a service that certifies no keys
 */
public record Enrolled(TpmName akName, List<Octets> akCertificate) {
  private static final int LINE = 64;

  /** Copies the list. */
  public Enrolled {
    akCertificate = List.copyOf(akCertificate);
  }

  /** Both certificates in PEM (RFC 7468, 5), that of the attestation key first. */
  public byte[] akCertificatePem() {
    Base64.Encoder base64 = Base64.getMimeEncoder(LINE, new byte[] {'\n'});
    StringBuilder pem = new StringBuilder();
    for (Octets der : akCertificate) {
      pem.append("-----BEGIN CERTIFICATE-----\n")
          .append(base64.encodeToString(der.bytes()))
          .append("\n-----END CERTIFICATE-----\n");
    }
    return pem.toString().getBytes(StandardCharsets.US_ASCII);
  }
}
