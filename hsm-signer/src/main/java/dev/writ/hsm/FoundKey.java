// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;

/**
 * A key as one connection to its token found it, after all checks.
 *
 * @param spec the names by which it was found
 * @param publicKey verified a signature that the private key made
 * @param certificate the one beside a P-256 key, whose public key it is; others have none
 * @param attributes what the token said of the private key
 */
record FoundKey(
    KeySpec spec,
    PublicKey publicKey,
    Optional<X509Certificate> certificate,
    Map<String, Boolean> attributes) {}
