// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Map;

/**
 * A key as one connection to its token found it, after all checks.
 *
 * @param certificate whose public key verified the private key's signature
 * @param publicKey the certificate's
 * @param attributes what the token said of the private key
 */
record FoundKey(
    X509Certificate certificate, ECPublicKey publicKey, Map<String, Boolean> attributes) {}
