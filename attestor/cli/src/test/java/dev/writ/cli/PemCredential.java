// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;

/**
 * Certificate and key as PEM files, of a key that no trust file pins.
 *
 * @param chain holds the certificate
 * @param key holds its key
 * @param pin SHA-256 of the public key
 */
record PemCredential(Path chain, Path key, Hash pin) {
  static PemCredential create(Path folder) throws Exception {
    SecureRandom random = new SecureRandom();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    KeyPair pair = generator.generateKeyPair();
    byte[] certificate =
        EndorsementAuthority.create(Instant.now(), random).certify(pair.getPublic());
    return new PemCredential(
        pem(folder.resolve("chain.pem"), "CERTIFICATE", certificate),
        pem(folder.resolve("key.pem"), "PRIVATE KEY", pair.getPrivate().getEncoded()),
        Hash.sha256(pair.getPublic().getEncoded()));
  }

  private static Path pem(Path file, String type, byte[] der) throws Exception {
    String text =
        "-----BEGIN "
            + type
            + "-----\n"
            + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der)
            + "\n-----END "
            + type
            + "-----\n";
    return Files.writeString(file, text);
  }
}
