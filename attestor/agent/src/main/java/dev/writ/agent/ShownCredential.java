// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.TpmException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** What a client shows a server in TLS. */
interface ShownCredential {
  /** The key's algorithm, as JSSE names it. */
  String keyType();

  /** Its certificate first, and those that vouch for it. */
  X509Certificate[] certificates() throws TpmException;

  /** What signs in the handshake. */
  PrivateKey privateKey();
}
